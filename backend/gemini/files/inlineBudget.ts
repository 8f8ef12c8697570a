import type { ContentListUnion } from '@google/genai';
import { encodedBytes } from './base64.ts';

/**
 * A file of up to this size is sent along in the request. Larger ones are better uploaded: what is sent along is sent again with every
 * retry, every step of a tool loop and every later turn of a chat, while an upload costs two requests, once.
 */
export const inlineFileBytes = 4 * 1024 * 1024;

/** The API takes requests of up to 20 MB: so much of one may be media, in base64, and the rest is left to its words. */
export const inlineRequestBytes = 16 * 1024 * 1024;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function dataIn(one: unknown): number {
  if (Array.isArray(one)) return one.reduce((sum: number, inner) => sum + dataIn(inner), 0);
  if (!isObject(one)) return 0;
  if ('parts' in one) return dataIn(one.parts);
  const data: unknown =
    'inlineData' in one && isObject(one.inlineData) ? Reflect.get(one.inlineData, 'data') : undefined;
  return typeof data === 'string' ? data.length : 0;
}

/** Decides, file by file, which of a request's files are sent along. */
export class InlineBudget {
  #leftBytes: number;

  /** @param contents the request, whose own media takes from what there is */
  constructor(contents: ContentListUnion) {
    this.#leftBytes = inlineRequestBytes - dataIn(contents);
  }

  /** Takes the file's share where it fits. */
  take(sizeBytes: number): boolean {
    const bytes = encodedBytes(sizeBytes);
    if (sizeBytes > inlineFileBytes || bytes > this.#leftBytes) return false;
    this.#leftBytes -= bytes;
    return true;
  }
}
