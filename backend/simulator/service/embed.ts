/** Vectors and token counts. */

import { type Answer, jsonAnswer } from '../answer.ts';
import { listOf, objectOf, textOf } from '../json.ts';
import { drawFor } from '../random.ts';
import type { SimulatedRequest } from '../request.ts';
import { tokensIn } from '../text.ts';
import type { ServiceState } from './state.ts';

const dimensions = 8;

/** A vector of so many numbers in [-1, 1) that depends on nothing but the text. */
function vectorOf(text: string, length: unknown): readonly number[] {
  const size = typeof length === 'number' && length > 0 ? Math.min(length, 3072) : dimensions;
  return Array.from({ length: size }, (_, index) => Math.round((drawFor(index, text) * 2 - 1) * 1e6) / 1e6);
}

function contentText(content: unknown): string {
  return listOf(objectOf(content)['parts'])
    .map(part => textOf(objectOf(part)['text']))
    .join('');
}

/** One vector: `:embedContent`. */
export function embedContent(_state: ServiceState, { body, inputTokens }: SimulatedRequest): Answer {
  const values = vectorOf(contentText(body['content']), body['outputDimensionality']);
  return jsonAnswer({
    embedding: { values },
    usageMetadata: { promptTokenCount: inputTokens, totalTokenCount: inputTokens },
  });
}

/** A vector for each request: `:batchEmbedContents`. */
export function batchEmbedContents(_state: ServiceState, { body }: SimulatedRequest): Answer {
  const embeddings = listOf(body['requests']).map(item => ({
    values: vectorOf(contentText(objectOf(item)['content']), objectOf(item)['outputDimensionality']),
  }));
  return jsonAnswer({ embeddings });
}

/** A vector for each instance: Vertex `:predict` of an embedding model. */
export function predict(_state: ServiceState, { body }: SimulatedRequest): Answer {
  const length = objectOf(body['parameters'])['outputDimensionality'];
  const predictions = listOf(body['instances']).map(item => {
    const text = textOf(objectOf(item)['content']);
    return {
      embeddings: { values: vectorOf(text, length), statistics: { token_count: tokensIn(text), truncated: false } },
    };
  });
  return jsonAnswer({ predictions });
}

/** `:countTokens`, in the same measure that the quotas use. */
export function countTokens(_state: ServiceState, { inputTokens }: SimulatedRequest): Answer {
  return jsonAnswer({ totalTokens: inputTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }] });
}
