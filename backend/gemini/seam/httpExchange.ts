import type { Target } from '../../resilience/policy.ts';

/** What is an attempt's own of a request. */
export interface AttemptParts {
  readonly headers: Headers | undefined;
  readonly signal: AbortSignal;
  readonly body?: string | undefined;
}

/** What the seam knows of one HTTP request of the official client before it is sent. */
export interface HttpExchange {
  readonly url: string;
  readonly method: string;
  /** The verb of the API, for instance `generateContent`; else the method and the collection, for instance `POST files`. */
  readonly operation: string;
  readonly model: string | undefined;
  /** What shares its outages and its quota. */
  readonly target: Target;
  /** How its answer is read. `raw`: not at all; downloads are never buffered. */
  readonly reads: 'json' | 'stream' | 'raw' | 'by-content-type';
  /** Does it ask for generated content, whose answer has rules of its own? */
  readonly generates: boolean;
  /** May it be sent again although the first sending may have been carried out? False for what creates something. */
  readonly repeatable: boolean;
  /** Sends it once. The request's own signal is replaced by the attempt's; a body given takes the place of its own. */
  send(transport: Transport, attempt: AttemptParts): Promise<Response>;
  /** The headers that the client set: this request's own, to be written into. */
  readonly headers: Headers;
  /** The client's own signal for this request. */
  readonly signal: AbortSignal | undefined;
  /** The body as text, where it is text. For masking prompts in error messages. */
  readonly body: string | undefined;
  /** The same where it takes reading: of a Request, as long as it is JSON. */
  textOf(): Promise<string | undefined>;
  /** Did the client's second HTTP stack send it? That one needs a real Response. */
  readonly isRequest: boolean;
}

/** What really sends a request: the shape of the platform’s fetch. */
export type Transport = typeof globalThis.fetch;

/** Verbs whose repetition creates nothing. It may cost money again, which is what `ambiguous` is counted for. */
const repeatableVerbs: ReadonlySet<string> = new Set([
  'generateContent',
  'streamGenerateContent',
  'generateAnswer',
  'countTokens',
  'computeTokens',
  'embedContent',
  'batchEmbedContents',
  'embedText',
  'predict',
  'rawPredict',
  'fetchPredictOperation',
  'cancel',
]);

const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const generatingVerbs: ReadonlySet<string> = new Set(['generateContent', 'streamGenerateContent']);

interface Address {
  readonly verb: string | undefined;
  readonly collection: string;
  readonly model: string | undefined;
}

const versionSegment = /^v\d/;

function addressOf({ pathname }: URL): Address {
  const segments = pathname.split('/').filter(segment => segment !== '' && !versionSegment.test(segment));
  const last = segments.at(-1) ?? '';
  const colon = last.lastIndexOf(':');
  const verb = colon > 0 ? last.slice(colon + 1) : undefined;
  const models = segments.findLastIndex(segment => segment === 'models' || segment === 'tunedModels');
  const model = models < 0 ? undefined : segments[models + 1]?.split(':')[0];
  return { verb, collection: segments.findLast(segment => !segment.includes(':')) ?? last, model };
}

/** Verbs that the quotas of a model count. */
const countedVerbs: ReadonlySet<string> = new Set(
  'generateContent streamGenerateContent embedContent batchEmbedContents predict rawPredict'.split(' '),
);

/** A model of a project at a location is one quota; a model at a host is one service. */
function targetFor({ host, pathname }: URL, model: string | undefined, verb: string | undefined): Target {
  const service = model === undefined ? host : `${host} ${model}`;
  const counts = model !== undefined && verb !== undefined && countedVerbs.has(verb);
  return { service, scope: counts ? `${host}${pathname.slice(0, pathname.lastIndexOf(':'))}` : '' };
}

function readsOf(url: URL, verb: string | undefined, headers: Headers): HttpExchange['reads'] {
  if (url.searchParams.get('alt') === 'media' || verb === 'download') return 'raw';
  if (verb === 'streamGenerateContent' || headers.get('accept')?.includes('text/event-stream')) return 'stream';
  return verb === undefined || headers.has('x-goog-upload-command') ? 'by-content-type' : 'json';
}

/** The second HTTP stack writes this verb as a part of the path. */
const isCancelling = ({ pathname }: URL): boolean => pathname.endsWith('/cancel');

type Description = Pick<HttpExchange, 'operation' | 'model' | 'target' | 'reads' | 'generates' | 'repeatable'>;

function describe(url: string, method: string, headers: Headers): Description {
  const parsed = new URL(url);
  const { verb, collection, model } = addressOf(parsed);
  return {
    operation: verb ?? `${method} ${collection}`,
    model,
    target: targetFor(parsed, model, verb),
    reads: readsOf(parsed, verb, headers),
    generates: verb !== undefined && generatingVerbs.has(verb),
    repeatable:
      repeatableMethods.has(method) || (verb !== undefined && repeatableVerbs.has(verb)) || isCancelling(parsed),
  };
}

/** Descriptions of generation and counting, whose few addresses come again with every call. */
const known = new Map<string, Description>();
const mostKnown = 100;

function described(url: string, method: string, headers: Headers): Description {
  const found = known.get(url);
  if (found !== undefined && method === 'POST') return found;
  const description = describe(url, method, headers);
  // Nothing but the address decides about these: their verbs are sent in one way only.
  if (method === 'POST' && (description.generates || description.operation === 'countTokens')) {
    if (known.size >= mostKnown) known.clear();
    known.set(url, description);
  }
  return description;
}

const partsOf = ({ headers, signal, body }: AttemptParts): RequestInit => ({
  signal,
  ...(headers && { headers }),
  ...(body !== undefined && { body }),
});

/** Reads a request as the official client's first stack sends it (an address and its settings) or its second (a Request). */
export function httpExchange(input: string | URL | Request, init: RequestInit = {}): HttpExchange {
  if (typeof input === 'object' && 'url' in input) return fromRequest(input, init);
  const method = (init.method ?? 'GET').toUpperCase();
  const headers = init.headers instanceof Headers ? init.headers : new Headers(init.headers);
  const url = String(input);
  const { signal, body } = init;
  return {
    ...described(url, method, headers),
    url,
    method,
    headers,
    signal: signal ?? undefined,
    body: typeof body === 'string' ? body : undefined,
    isRequest: false,
    textOf: async () => (typeof body === 'string' ? body : undefined),
    send: (transport, attempt) => transport(input, { ...init, ...partsOf(attempt) }),
  };
}

function fromRequest(request: Request, init: RequestInit): HttpExchange {
  return {
    ...describe(request.url, request.method, request.headers),
    url: request.url,
    method: request.method,
    headers: request.headers,
    signal: request.signal,
    body: undefined,
    isRequest: true,
    textOf: async () => (request.headers.get('content-type')?.includes('json') ? request.clone().text() : undefined),
    // A Request is spent by sending it: each attempt sends a copy.
    send: (transport, attempt) => transport(request.clone(), { ...init, ...partsOf(attempt) }),
  };
}
