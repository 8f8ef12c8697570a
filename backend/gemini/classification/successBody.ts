import { isArray, isException, isObject, longestStringRead, read } from './safeRead.ts';
import { unwrap } from './unwrap.ts';

/** The body of an answer that claims to be a success, `{status: 2xx, body}`: parsed, `garbled` where it is no JSON object, or `empty`. */
export type SuccessBody =
  | { readonly kind: 'object'; readonly body: object }
  | { readonly kind: 'garbled' }
  | { readonly kind: 'empty' };

/** Undefined where the value is no such answer, or its body cannot be looked at (a stream). */
export function successBodyOf(value: unknown): SuccessBody | undefined {
  if (!isObject(value) || isException(value)) return undefined;
  const status = read(value, 'status');
  if (typeof status !== 'number' || status < 200 || status > 299) return undefined;
  const body = read(value, 'body');
  if (typeof body === 'string') return parsed(body);
  return isPlain(body) ? { kind: 'object', body } : undefined;
}

/** Strictly: half an answer is none. A body longer than what is read of any text is judged by its beginning. */
function parsed(text: string): SuccessBody {
  if (text.length <= longestStringRead && text.trim() === '') return { kind: 'empty' };
  const body = text.length <= longestStringRead ? strictly(text) : unwrap(text).values[0];
  return isPlain(body) ? { kind: 'object', body } : { kind: 'garbled' };
}

function strictly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPlain(body: unknown): body is object {
  if (!isObject(body) || isArray(body)) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(body);
    return prototype === Object.prototype || prototype === null;
  } catch {
    return false;
  }
}
