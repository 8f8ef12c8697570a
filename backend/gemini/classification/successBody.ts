import { isArray, isException, isObject, read } from './safeRead.ts';
import { unwrap } from './unwrap.ts';

/** The body of an answer that claims to be a success, `{status: 2xx, body}`: parsed, or `garbled` where it is no JSON object. */
export type SuccessBody = { readonly kind: 'object'; readonly body: object } | { readonly kind: 'garbled' };

/** Undefined where the value is no such answer, or its body cannot be looked at (a stream). */
export function successBodyOf(value: unknown): SuccessBody | undefined {
  if (!isObject(value) || isException(value)) return undefined;
  const status = read(value, 'status');
  if (typeof status !== 'number' || status < 200 || status > 299) return undefined;
  const body = read(value, 'body');
  if (typeof body === 'string') return parsed(body);
  return isPlain(body) ? { kind: 'object', body } : undefined;
}

function parsed(text: string): SuccessBody {
  const [body] = text.trimStart().startsWith('{') ? unwrap(text).values : [];
  return isPlain(body) ? { kind: 'object', body } : { kind: 'garbled' };
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
