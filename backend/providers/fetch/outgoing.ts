import type { Transport } from '../../resilience/transport.ts';

/** One HTTP request as an SDK hands it over, with what has to be known of it before it is sent. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  /** For events: the end of the path, for instance `chat/completions`. */
  readonly operation: string;
  readonly model: string | undefined;
  /** This request's own, to be written into. */
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  /** Can its body be sent more than once? A stream cannot. */
  readonly replayable: boolean;
  /** Does it ask for a stream, as far as can be told? */
  readonly asksForStream: boolean;
  /** What the body says, as text: whole where it is text or bytes, as JSON of its parts where it is a form. */
  readonly text: string | undefined;
  /** What has to be read before that is known, or is more than that; `readOut` does so. */
  readonly unread: Unread | undefined;
  /** Sends it once. */
  send(transport: Transport, signal: AbortSignal): Promise<Response>;
}

/** Bodies that are not read at once. */
export type Unread = Request | NonNullable<RequestInit['body']>;

/** How much of a body is looked through for the model's name, which stands at its begin or its end. */
const lookedThrough = 16_384;
const modelField = /(?:^|[{,])\s*"model"\s*:\s*"([^"\\]{1,200})"/;
const modelInPath = /\/(?:models|deployments|serving-endpoints|publishers\/[^/]+\/models)\/([^/:]+)/;
const streamField = /(?:^|[{,])\s*"stream"\s*:\s*(?:true\b|"true")/;
const streamPath = /:streamGenerateContent$|\/stream\/?$/;

/** Looks for a field of the body's own. In a text inside it, quotes would have a backslash before them. */
function findIn(text: string | undefined, form: RegExp): RegExpExecArray | null {
  if (text === undefined) return null;
  return form.exec(text.slice(0, lookedThrough)) ?? form.exec(text.slice(-lookedThrough));
}

/** More bytes than this are an upload, not a question. */
export const mostDecoded = 4_194_304;

/** The fields of parameters or a form as JSON. Of those with the same name, the last is the field. */
export const textOfFields = (fields: readonly (readonly [string, string | undefined])[]): string =>
  JSON.stringify([Object.fromEntries(fields), ...fields.map(([, value]) => value)]);

/** The body as text, where that costs nothing to speak of. */
function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return textOfFields([...body]);
  const isBytes = body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  return isBytes && body.byteLength <= mostDecoded ? new TextDecoder().decode(body as ArrayBuffer) : undefined;
}

/** All that fetch takes but streams, and iterables that Node takes for such. */
const isReplayable = (body: unknown): boolean =>
  !(body instanceof ReadableStream || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body));

const chat = 'chat/completions';

/** The last part of the path, which says what is done. */
const operationOf = ({ pathname }: URL): string =>
  pathname.includes(chat) ? chat : (pathname.split(/[/:]/).findLast(part => part !== '') ?? '');

/**
 * A request that was given as one object: a clone of it is sent, so that it can be sent again. What it was given as is spent, as by the
 * platform. A dispatcher of its own stays.
 */
function ofRequest(given: Request, init: RequestInit | undefined): Outgoing {
  const request = new Request(given, init);
  const headers = new Headers(request.headers);
  const signal = init?.signal === undefined ? given.signal : (init.signal ?? undefined);
  return {
    ...factsOf(new URL(request.url), request.method, headers, undefined),
    signal,
    replayable: true,
    unread: request.body === null ? undefined : request,
    send: (transport, of) => transport(request.clone(), { headers, signal: of, ...ownDispatcher }),
  };
}

/** Of a Request that is sent: it brings its dispatcher itself. */
export const ownDispatcher: object = { dispatcher: undefined };

/** Where to. @throws TypeError as the platform does for what is no address */
function urlOf(input: string | URL): URL {
  try {
    return new URL(input);
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${input}`, { cause });
  }
}

/** What is known of a request by its address, headers and text. */
export function factsOf(url: URL, method: string, headers: Headers, text: string | undefined) {
  return {
    url,
    method,
    headers,
    text,
    operation: operationOf(url),
    model: modelInPath.exec(url.pathname)?.[1] ?? findIn(text, modelField)?.[1],
    asksForStream:
      headers.get('accept')?.includes('event-stream') ||
      streamPath.test(url.pathname) ||
      url.searchParams.get('stream') === 'true' ||
      findIn(text, streamField) !== null,
  };
}

/** Reads what `fetch` was called with. @throws TypeError as the platform does for what is no address */
export function outgoing(input: string | URL | Request, init: RequestInit | undefined): Outgoing {
  if (input instanceof Request) return ofRequest(input, init);
  const url = urlOf(input);
  const headers = new Headers(init?.headers);
  const method = init?.method?.toUpperCase() ?? 'GET';
  const body = init?.body ?? undefined;
  const text = textOf(body);
  return {
    ...factsOf(url, method, headers, text),
    signal: init?.signal ?? undefined,
    replayable: isReplayable(body),
    unread: text === undefined && typeof body === 'object' ? body : undefined,
    send: (transport, signal) => transport(input, { ...init, headers, signal }),
  };
}
