/** The arguments of fetch as a request that arrived. */

import type { IncomingHttpHeaders } from 'node:http';
import type { RawRequest } from './request.ts';

/** A request that a function call made. */
export interface FetchRequest {
  readonly raw: RawRequest;
  readonly url: URL;
  readonly signal: AbortSignal | undefined;
  readonly redirect: NonNullable<RequestInit['redirect']>;
}

interface Body {
  readonly bytes: Buffer;
  readonly contentType?: string | null;
}

const noBody: Body = { bytes: Buffer.alloc(0) };

async function bodyOf(given: RequestInit['body']): Promise<Body> {
  if (given === undefined || given === null) return noBody;
  // Nearly every request: it must not pay for the general way.
  if (typeof given === 'string') return { bytes: Buffer.from(given), contentType: 'text/plain;charset=UTF-8' };
  const read = new Response(given);
  return { bytes: Buffer.from(await read.arrayBuffer()), contentType: read.headers.get('content-type') };
}

function headersOf(
  given: RequestInit['headers'],
  { host }: URL,
  contentType: string | null | undefined,
): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = { host, ...(contentType && { 'content-type': contentType }) };
  for (const [name, value] of new Headers(given)) headers[name] = value;
  return headers;
}

/** Reads what fetch was called with, as fetch does: `init` before the request. */
export async function fetchRequest(input: string | URL | Request, init: RequestInit = {}): Promise<FetchRequest> {
  const request = input instanceof Request ? input : undefined;
  const url = new URL(request?.url ?? String(input));
  const body = await bodyOf(init.body ?? (request?.body ? await request.arrayBuffer() : undefined));
  const headers = headersOf(init.headers ?? request?.headers, url, body.contentType);
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase();
  return {
    raw: { method, url: `${url.pathname}${url.search}`, headers, bytes: body.bytes },
    url,
    signal: init.signal ?? request?.signal,
    redirect: init.redirect ?? request?.redirect ?? 'follow',
  };
}

/** The request that a redirect leads to: 307 and 308 repeat it, the others make it a GET. */
export function redirected({ raw, url, ...rest }: FetchRequest, status: number, location: string): FetchRequest {
  const target = new URL(location, url);
  const path = `${target.pathname}${target.search}`;
  if (status === 307 || status === 308) return { ...rest, url: target, raw: { ...raw, url: path } };
  const { 'content-type': _type, 'content-length': _length, ...headers } = raw.headers;
  return { ...rest, url: target, raw: { method: 'GET', url: path, headers, bytes: noBody.bytes } };
}
