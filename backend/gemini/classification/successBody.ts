import { isArray, isException, isObject, longestStringRead, read } from './safeRead.ts';
import { unwrap } from './unwrap.ts';

/** The body of an answer that claims to be a success, `{status: 2xx, body}`: parsed, `garbled` where it is no JSON object, or `empty`. */
export type SuccessBody =
  | { readonly kind: 'object'; readonly body: object }
  | { readonly kind: 'garbled' }
  | { readonly kind: 'empty' };

/** Undefined where the value is no such answer, or its body cannot be looked at (a stream). */
export function successBodyOf(value: unknown): SuccessBody | undefined {
  if (!isObject(value)) return undefined;
  const status = read(value, 'status');
  if (typeof status !== 'number' || status < 200 || status > 299) return undefined;
  if (isException(value)) return inMessage(read(value, 'message'));
  const body = read(value, 'body');
  if (typeof body === 'string') return parsed(body);
  return isPlain(body) ? { kind: 'object', body } : undefined;
}

/** The SDK makes a body its error's message; one that is no JSON it puts into an envelope with the status for its code. */
function inMessage(message: unknown): SuccessBody | undefined {
  if (typeof message !== 'string' || message.length > longestStringRead) return undefined;
  const body = strictly(message);
  if (!isPlain(body)) return undefined;
  const error = read(body, 'error');
  if (!isPlain(error)) return { kind: 'object', body };
  const code = read(error, 'code');
  const words = read(error, 'message');
  const isEnvelope = typeof code === 'number' && code >= 200 && code < 300 && typeof words === 'string';
  return isEnvelope ? parsed(words) : undefined;
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
