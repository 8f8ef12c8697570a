import type { Content, ContentListUnion, Part, PartUnion } from '@google/genai';

const isTurn = (one: unknown): one is Content => typeof one === 'object' && one !== null && 'parts' in one;

const partOf = (one: PartUnion): Part => (typeof one === 'string' ? { text: one } : one);

/** What a request asks, as turns that others can follow: a text or parts are one turn of the user's. */
export function turnsOf(contents: ContentListUnion): readonly Content[] {
  const all: readonly unknown[] = Array.isArray(contents) ? contents : [contents];
  if (all.every(isTurn)) return all;
  // Not the official client's own way, which refuses parts whose files are read later.
  return [{ role: 'user', parts: (all as readonly PartUnion[]).map(partOf) }];
}
