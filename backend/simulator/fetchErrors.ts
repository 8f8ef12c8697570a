/** What Node's fetch throws when a connection fails, word for word: clients read names, messages and codes. */

import type { Plan } from './plan.ts';

function named(name: string, message: string, fields: Readonly<Record<string, unknown>> = {}): Error {
  return Object.assign(new Error(message), { ...(name === 'Error' ? {} : { name }), ...fields });
}

function fetchFailed(cause: Error): TypeError {
  return new TypeError('fetch failed', { cause });
}

function terminated(cause: Error): TypeError {
  return new TypeError('terminated', { cause });
}

const parserMessage = 'Response does not match the HTTP/1.1 protocol';
const wasReset = (): Error => named('Error', 'read ECONNRESET', { errno: -104, code: 'ECONNRESET', syscall: 'read' });
const otherSideClosed = (): Error => named('SocketError', 'other side closed', { code: 'UND_ERR_SOCKET' });

/** Nobody listens on the port. */
export function connectionRefused({ hostname: address, port: stated, protocol }: URL): TypeError {
  const port = Number(stated || (protocol === 'https:' ? 443 : 80));
  const fields = { errno: -111, code: 'ECONNREFUSED', syscall: 'connect', address, port };
  return fetchFailed(named('Error', `connect ECONNREFUSED ${address}:${port}`, fields));
}

/** More redirects than fetch follows. */
export function tooManyRedirects(): TypeError {
  return fetchFailed(named('Error', 'redirect count exceeded'));
}

/** A redirect where the caller allows none. */
export function unexpectedRedirect(): TypeError {
  return fetchFailed(named('Error', 'unexpected redirect'));
}

/** Node reads no more bytes of headers. */
const mostHeaderBytes = 16_384;

function headerBytes(headers: Readonly<Record<string, string>>): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

/** What fetch rejects with in the place of a response, if it does. */
export function headFailure({ head, pieces, end }: Plan): TypeError | undefined {
  if (head !== undefined) {
    if (headerBytes(head.headers) <= mostHeaderBytes) return undefined;
    return fetchFailed(named('HeadersOverflowError', 'Headers Overflow Error', { code: 'UND_ERR_HEADERS_OVERFLOW' }));
  }
  if (pieces.length > 0) {
    return fetchFailed(
      named('HTTPParserError', `${parserMessage} (Expected HTTP/, RTSP/ or ICE/)`, { code: undefined }),
    );
  }
  return fetchFailed(end === 'reset' ? wasReset() : otherSideClosed());
}

/** What the body ends with after so many bytes, if not in order. */
export function bodyFailure({ head, framing, end }: Plan, bytes: number): TypeError | undefined {
  const headers = head?.headers ?? {};
  // The simulator compresses nothing.
  if (headers['content-encoding'] === 'gzip') {
    return terminated(named('Error', 'incorrect header check', { errno: -3, code: 'Z_DATA_ERROR' }));
  }
  const isWhole = framing === 'length' && bytes >= Number(headers['content-length'] ?? bytes);
  if (end === 'complete' || isWhole) return undefined;
  if (framing === 'chunked' && headers['connection'] === 'close') {
    return terminated(named('HTTPParserError', `${parserMessage} (Invalid EOF state)`, { code: undefined }));
  }
  return terminated(end === 'reset' ? wasReset() : otherSideClosed());
}
