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
  /** The body as text, where it is given as text: for what names its request. */
  readonly text: string | undefined;
  /** Sends it once. */
  send(transport: Transport, signal: AbortSignal): Promise<Response>;
}

/** How much of a body is looked through for the model's name, which stands at its begin or its end. */
const lookedThrough = 16_384;
const modelField = /(?:^|[{,])\s*"model"\s*:\s*"([^"\\]{1,200})"/;
const modelInPath = /\/(?:models|deployments|serving-endpoints|publishers\/[^/]+\/models)\/([^/:]+)/;
const streamField = /(?:^|[{,])\s*"stream"\s*:\s*true\b/;
const streamPath = /:streamGenerateContent$|\/stream\/?$/;

/** Looks for a field of the body's own. In a text inside it, quotes would have a backslash before them. */
function findIn(text: string | undefined, form: RegExp): RegExpExecArray | null {
  if (text === undefined) return null;
  return form.exec(text.slice(0, lookedThrough)) ?? form.exec(text.slice(-lookedThrough));
}

const bytesDecoder = new TextDecoder();

/** More bytes than this are an upload, not a question. */
const mostDecoded = 4_194_304;

/** The body as text, where that costs nothing to speak of. */
function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array && body.byteLength <= mostDecoded ? bytesDecoder.decode(body) : undefined;
}

/** All that fetch takes but streams, and iterables that Node takes for such. */
function isReplayable(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return true;
  return body instanceof URLSearchParams || body instanceof Blob || body instanceof FormData;
}

/** The last two parts of the path that say what is done. */
function operationOf({ pathname }: URL): string {
  const last =
    pathname
      .split('/')
      .filter(part => part !== '' && !/^v\d/.test(part))
      .at(-1) ?? '';
  const verb = /:(\w+)$/.exec(last)?.[1];
  return verb ?? (pathname.includes('chat/completions') ? 'chat/completions' : last);
}

/** A request that was given as one object: a clone of it is sent, so that it can be sent again. */
function ofRequest(request: Request, init: RequestInit | undefined): Outgoing {
  const merged = init === undefined ? request : new Request(request, init);
  const headers = new Headers(merged.headers);
  return {
    ...factsOf(new URL(merged.url), merged.method, headers, undefined),
    signal: init?.signal ?? request.signal,
    replayable: true,
    send: (transport, signal) => transport(merged.clone(), { headers, signal }),
  };
}

function factsOf(url: URL, method: string, headers: Headers, text: string | undefined) {
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
      findIn(text, streamField) !== null,
  };
}

/** Reads what `fetch` was called with. @throws TypeError as the platform does for what is no address */
export function outgoing(input: string | URL | Request, init: RequestInit | undefined): Outgoing {
  if (input instanceof Request) return ofRequest(input, init);
  const url = new URL(input);
  const headers = new Headers(init?.headers);
  const method = init?.method?.toUpperCase() ?? 'GET';
  return {
    ...factsOf(url, method, headers, textOf(init?.body)),
    signal: init?.signal ?? undefined,
    replayable: isReplayable(init?.body),
    send: (transport, signal) => transport(input, { ...init, headers, signal }),
  };
}
