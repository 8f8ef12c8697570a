import type { HttpExchange } from './httpExchange.ts';
import { HttpFailure } from './httpFailure.ts';

function parsed(response: Response, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpFailure(response, text);
  }
}

/** What makes a body an answer although it has an `error`: operations, batches and interactions that failed are reported so. */
const answerKeys: ReadonlySet<string> = new Set('name done id object response metadata steps output state'.split(' '));

/** The API's error envelope, whatever the HTTP status said: `{"error":{…}}`, also in an array as the streaming endpoint writes it. */
export function errorIn(body: unknown): object | undefined {
  const envelope: unknown = Array.isArray(body) ? body[0] : body;
  if (typeof envelope !== 'object' || envelope === null || !('error' in envelope)) return undefined;
  const { error } = envelope;
  if (typeof error !== 'object' || error === null) return undefined;
  if ('candidates' in envelope && Array.isArray(envelope.candidates) && envelope.candidates.length > 0)
    return undefined;
  return Object.keys(envelope).some(key => answerKeys.has(key)) ? undefined : error;
}

/** What an answer of these operations must have, to be one. */
const required: Readonly<Record<string, (body: Record<string, unknown>) => boolean>> = {
  countTokens: ({ totalTokens }) => typeof totalTokens === 'number',
  batchEmbedContents: ({ embeddings }) => Array.isArray(embeddings) && embeddings.length > 0,
};

/** Is the body what this operation answers with? Only asked of operations whose answer would else be taken for nothing. */
export function isAnswerOf(operation: string, body: unknown): boolean {
  const holds = required[operation];
  return holds === undefined || (typeof body === 'object' && body !== null && holds(body as Record<string, unknown>));
}

/** Named as a parser names a body that is not what it should be. */
export function notAnAnswer(operation: string): Error {
  return new SyntaxError(`The body is not valid JSON of an answer to ${operation}.`);
}

/** The HTTP status that an error states of itself. */
export function statusIn(error: object): number | undefined {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'number' && code >= 400 && code < 600 ? code : undefined;
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

/** A good answer, read. */
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
  const error = errorIn(body);
  if (error !== undefined) throw new HttpFailure(response, text, statusIn(error) ?? response.status);
  if (!isRequest) return { response: responseLike(response, text, body), body };
  return { response: realResponse(response, text), body };
}
