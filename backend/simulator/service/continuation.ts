/**
 * Long answers in several requests: the service stops with a token, the client asks again with it. The token holds where the
 * text goes on and how often it is to be cut again, so that a hop needs no memory of the one before.
 */

import type { Chunk } from '../answer.ts';
import { listOf, objectOf, textOf } from '../json.ts';

/** Where the text goes on, in characters, and how many more cuts are to come. */
export interface Continuation {
  readonly offset: number;
  readonly hopsLeft: number;
}

/** Reads the token of a request; the start of the text where it has none. */
export function continuationOf(body: Readonly<Record<string, unknown>>): Continuation {
  const match = /^sim-(\d+)-(\d+)$/.exec(textOf(body['continuationToken']));
  return { offset: Number(match?.[1] ?? 0), hopsLeft: Number(match?.[2] ?? 0) };
}

function textOfChunk(chunk: Chunk): string {
  const candidate = objectOf(listOf(chunk['candidates'])[0]);
  const parts = listOf(objectOf(candidate['content'])['parts']);
  return parts.map(part => textOf(objectOf(part)['text'])).join('');
}

function withCandidate(chunk: Chunk, change: Readonly<Record<string, unknown>>): Chunk {
  return { ...chunk, candidates: [{ ...objectOf(listOf(chunk['candidates'])[0]), ...change }] };
}

function half(chunk: Chunk): Chunk {
  const text = textOfChunk(chunk);
  const kept = text.slice(0, Math.ceil(text.length / 2));
  return withCandidate(chunk, { content: { role: 'model', parts: [{ text: kept }] } });
}

/** The first half of the chunks; of the text, where there is only one chunk. */
export function firstHalfOf(chunks: readonly Chunk[]): readonly Chunk[] {
  const [only] = chunks;
  if (only === undefined) return [];
  return chunks.length === 1 ? [half(only)] : chunks.slice(0, Math.ceil(chunks.length / 2));
}

/** Keeps the first half and ends it with a token for the rest; an `open` end states no reason. */
export function cutWithToken(
  chunks: readonly Chunk[],
  { offset, hopsLeft }: Continuation,
  open = false,
): readonly Chunk[] {
  const kept = firstHalfOf(chunks);
  const length = kept.reduce((sum, chunk) => sum + textOfChunk(chunk).length, 0);
  const continuationToken = `sim-${offset + length}-${Math.max(0, hopsLeft - 1)}`;
  const change = { finishReason: open ? undefined : 'CONTINUATION', continuationToken };
  return kept.map((chunk, index) => (index < kept.length - 1 ? chunk : withCandidate(chunk, change)));
}
