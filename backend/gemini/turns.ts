import { type Content, type ContentListUnion, createUserContent, type PartUnion } from '@google/genai';

const isTurn = (one: unknown): one is Content => typeof one === 'object' && one !== null && 'parts' in one;

/** What a request asks, as turns that others can follow: a text or parts are one turn of the user's. */
export function turnsOf(contents: ContentListUnion): readonly Content[] {
  const all: readonly unknown[] = Array.isArray(contents) ? contents : [contents];
  return all.every(isTurn) ? all : [createUserContent(all as PartUnion[])];
}
