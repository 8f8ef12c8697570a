/** Answers that arrive in order and are of no use: blocked, empty, cut, malformed. */

import type { Chunk } from '../answer.ts';
import { listOf, objectOf } from '../json.ts';
import { continuationOf, cutWithToken, firstHalfOf } from '../service/continuation.ts';
import type { Fault, FaultContext } from './fault.ts';

function results(result: (chunks: readonly Chunk[], context: FaultContext) => readonly Chunk[]): Fault {
  return { work: 'done', on: 'generate', result };
}

/** One chunk with this candidate and the usage of the whole. */
function candidate(value: Chunk): Fault {
  return results(chunks => [{ ...chunks.at(-1), candidates: [{ index: 0, ...value }] }]);
}

function candidateOf(chunk: Chunk): Chunk {
  return objectOf(listOf(chunk['candidates'])[0]);
}

function ended(chunks: readonly Chunk[], finishReason: string | undefined): readonly Chunk[] {
  const last = chunks.length - 1;
  return chunks.map((chunk, index) =>
    index < last ? chunk : { ...chunk, candidates: [{ ...candidateOf(chunk), finishReason }] },
  );
}

function halfWithReason(chunks: readonly Chunk[], finishReason: string): readonly Chunk[] {
  return ended(firstHalfOf(chunks), finishReason);
}

const ratings = [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true }];
const thought = [{ text: '**Considering the question**\n\nThere is much to think about here.', thought: true }];

function continued(open: boolean): NonNullable<Fault['result']> {
  return (chunks, { request, parameters }) =>
    cutWithToken(chunks, { offset: continuationOf(request.body).offset, hopsLeft: parameters.hops ?? 1 }, open);
}

/** Results by what they say in the place of an answer. They happen to generation only, whole and streamed. */
export const resultFaults = {
  'blocked-prompt': results(chunks => {
    const { candidates: _none, ...rest } = chunks.at(-1) ?? {};
    return [{ ...rest, promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }];
  }),
  'no-candidates': results(chunks => {
    const { candidates: _none, ...rest } = chunks.at(-1) ?? {};
    return [rest];
  }),
  'empty-object': results(() => [{}]),
  'finish-malformed-function-call': candidate({
    finishReason: 'MALFORMED_FUNCTION_CALL',
    finishMessage: 'Malformed function call: print(default_api.search(query=',
  }),
  'finish-safety': candidate({ finishReason: 'SAFETY', safetyRatings: ratings }),
  'finish-recitation': candidate({ finishReason: 'RECITATION' }),
  'finish-other': candidate({ finishReason: 'OTHER' }),
  /** Half the text, then the limit. */
  'finish-max-tokens': results(chunks => halfWithReason(chunks, 'MAX_TOKENS')),
  /** All tokens went into thinking: no text at all. */
  'finish-max-tokens-no-text': candidate({ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }),
  'stop-no-parts': candidate({ content: { role: 'model' }, finishReason: 'STOP' }),
  'thoughts-only': candidate({ content: { role: 'model', parts: thought }, finishReason: 'STOP' }),
  /** Half the text, ended in order, without a reason: on streams nothing else shows that something is missing. */
  'no-finish-reason': results(chunks => ended(firstHalfOf(chunks), undefined)),
  /** Stops with a token `hops` (1) times before the end; the client asks for the rest. */
  continuation: { work: 'done', on: 'generate', result: continued(false) },
  /** A stream that is reset after it gave out a token. */
  'continuation-then-reset': {
    work: 'done',
    on: 'sse',
    result: continued(true),
    spoil: plan => ({ ...plan, end: 'reset' }),
  },
} as const satisfies Readonly<Record<string, Fault>>;
