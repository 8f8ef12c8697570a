/** Requests that create something besides files: caches, batches, interactions. Each one creates a thing of its own. */

import { type Answer, type Chunk, jsonAnswer } from '../answer.ts';
import { objectOf, textOf } from '../json.ts';
import type { SimulatedRequest } from '../request.ts';
import { tokensIn } from '../text.ts';
import { freshId, type ServiceState, timestamp } from './state.ts';
import { notFound } from './stored.ts';

function store(state: ServiceState, name: string, value: Chunk): Answer {
  state.stored.set(name, value);
  return jsonAnswer(value);
}

/** `cachedContents` create. */
export function createCache(state: ServiceState, { body, inputTokens }: SimulatedRequest): Answer {
  const name = `cachedContents/${freshId(state)}`;
  const ttlSeconds = Number.parseFloat(textOf(body['ttl'])) || 3600;
  return store(state, name, {
    name,
    model: body['model'],
    displayName: textOf(body['displayName']),
    createTime: timestamp(state),
    updateTime: timestamp(state),
    expireTime: new Date(state.runtime.wallClock() + ttlSeconds * 1000).toISOString(),
    usageMetadata: { totalTokenCount: inputTokens },
  });
}

/** `models/x:batchGenerateContent`: a batch that waits for ever, which is enough to count how many were created. */
export function createBatch(state: ServiceState, { body, model }: SimulatedRequest): Answer {
  const name = `batches/${freshId(state)}`;
  const metadata = {
    '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
    model: `models/${model}`,
    displayName: textOf(objectOf(body['batch'])['displayName']),
    createTime: timestamp(state),
    updateTime: timestamp(state),
    state: 'BATCH_STATE_PENDING',
    name,
  };
  return store(state, name, { name, metadata });
}

/** `batches/x:cancel`. */
export function cancelBatch(state: ServiceState, request: SimulatedRequest): Answer {
  const found = state.stored.get(request.resource);
  if (found === undefined) return notFound(request);
  const metadata = { ...objectOf(found['metadata']), state: 'BATCH_STATE_CANCELLED' };
  state.stored.set(request.resource, { ...found, metadata });
  return jsonAnswer({});
}

/** `interactions` create, whole answers only. */
export function createInteraction(state: ServiceState, { body, prompt, inputTokens }: SimulatedRequest): Answer {
  const id = freshId(state);
  const text = state.options.answer(prompt, []);
  const outputTokens = tokensIn(text);
  const answer = store(state, `interactions/${id}`, {
    id,
    object: 'interaction',
    status: 'completed',
    model: body['model'],
    created: timestamp(state),
    updated: timestamp(state),
    steps: [{ type: 'model_output', content: [{ type: 'text', text }] }],
    usage: {
      total_input_tokens: inputTokens,
      total_output_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  });
  return { ...answer, outputTokens };
}
