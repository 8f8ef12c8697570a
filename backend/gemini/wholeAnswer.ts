import type { HttpExchange } from './httpExchange.ts';
import { HttpFailure } from './httpFailure.ts';

function parsed(response: Response, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpFailure(response, text);
  }
}

/** The status that an `{"error":{"code":503}}` body states. */
export function statusInBody(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'number' && code >= 400 && code < 600 ? code : undefined;
}

/** What may stand beside an envelope's `error`. An operation or interaction that failed has more, and is an answer. */
const envelopeKeys: ReadonlySet<string> = new Set(['error', 'event_type']);

/** Is this the API's error envelope, whatever the HTTP status said? */
export function isErrorBody(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  return typeof body.error === 'object' && body.error !== null && Object.keys(body).every(key => envelopeKeys.has(key));
}

/** What the official client reads of a Response, with a body that is parsed already: parsing it twice would cost 40 %. */
function responseLike(response: Response, text: string, body: unknown): Response {
  const { ok, status, statusText, headers, url } = response;
  const like = { ok, status, statusText, headers, url, body: null, json: async () => body, text: async () => text };
  return like as unknown as Response;
}

function realResponse({ status, statusText, headers }: Response, text: string | null): Response {
  return new Response(text, { status, statusText, headers });
}

export interface WholeAnswer {
  readonly response: Response;
  /** The parsed body; undefined where it was left unread. */
  readonly body: unknown;
}

const isJson = (response: Response): boolean => response.headers.get('content-type')?.includes('json') ?? false;

/**
 * Reads a good answer inside the attempt, so that a cut or garbled body is a failed attempt. Downloads are left unread.
 * @throws HttpFailure for a body that is no JSON, or that is an error
 */
export async function readWhole(response: Response, { reads, isRequest }: HttpExchange): Promise<WholeAnswer> {
  if (reads === 'raw' || (reads === 'by-content-type' && !isJson(response))) return { response, body: undefined };
  const text = await response.text();
  // The answer to an upload's start, or to a deletion, may have nothing to say.
  if (text === '' && reads === 'by-content-type') return { response: realResponse(response, null), body: undefined };
  const body = parsed(response, text);
  if (isErrorBody(body)) throw new HttpFailure(response, text, statusInBody(body) ?? response.status);
  if (!isRequest) return { response: responseLike(response, text, body), body };
  return { response: realResponse(response, text), body };
}
