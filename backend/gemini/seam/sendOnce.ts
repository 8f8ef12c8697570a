import type { AttemptContext } from '../../resilience/attemptContext.ts';
import type { FallbackTarget } from '../../resilience/fallbackTarget.ts';
import { type Exchange, remainingMs } from '../../resilience/policy.ts';
import { failureOfResult } from '../classification/resultRules.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { RetargetTo } from '../retarget/retarget.ts';
import type { Credentials } from './credentials.ts';
import { errorBody } from './errorBody.ts';
import type { GeminiCall } from './geminiCall.ts';
import { GuardedStream } from './guardedStream.ts';
import type { HttpExchange, Transport } from './httpExchange.ts';
import { HttpFailure } from './httpFailure.ts';
import { type Remediable, tellRemedy } from './remedying.ts';
import { classifyCaught, SeamError } from './seamError.ts';
import { inputTokensIn, StreamJudge } from './streamJudge.ts';
import type { TokenEstimate } from './tokenEstimate.ts';
import { handingOn, systemTransport } from './transport.ts';
import { understand } from './understand.ts';
import { isAnswerOf, notAnAnswer, readWhole } from './wholeAnswer.ts';

/** What every exchange of a client is sent with. */
export interface SeamOptions {
  /** What really sends: the platform's fetch, or the user's own. */
  readonly transport: Transport;
  /** Fresh access tokens, where the API is spoken to with those. */
  readonly credentials: Credentials | undefined;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
  /** Where what fails for good is sent instead. */
  readonly fallbacks: readonly FallbackTarget<RetargetTo>[];
  /** May every request be sent again, because its transport sees to it that nothing is done twice? @default false */
  readonly repeats?: boolean;
  /** How many tokens requests have. */
  readonly tokens: TokenEstimate;
}

/** What one exchange of one call needs to be sent, however often. */
export interface Sending extends Remediable {
  readonly http: HttpExchange;
  readonly call: GeminiCall;
  readonly client: SeamOptions;
  /** The request's body, where it is text. */
  readonly body: string | undefined;
  /** Did the user set the server's time himself? */
  readonly statesTimeout: boolean;
  /** The last attempt was refused for its token. */
  tokenRefused: boolean;
  /** The last attempt's answer got lost, so the work may have been done. */
  answerLost: boolean;
}

/** What of a sending is as in the beginning. */
export const unsent = {
  tokenRefused: false,
  answerLost: false,
  remedied: undefined,
  triedOnce: new Set<string>(),
} as const;

/** The header that tells the server how long it has, in seconds. */
export const serverTimeout = 'x-server-timeout';

/** How long the server should try, in seconds; undefined for streams, which may produce for as long as they like. */
function serverTimeoutOf({ http, call }: Sending): string | undefined {
  const { attemptTimeoutMs, totalTimeoutMs } = call.limits;
  const ms = http.reads === 'stream' ? totalTimeoutMs : Math.min(attemptTimeoutMs, remainingMs(call));
  return Number.isFinite(ms) ? String(Math.max(1, Math.ceil(ms / 1000))) : undefined;
}

/** The headers of the coming attempt: the client's own, and the time the server has. */
function headersOf(sending: Sending): Headers {
  const { http, statesTimeout } = sending;
  // A Request's own headers belong to it; the first stack made these for this request alone.
  const headers = http.isRequest ? new Headers(http.headers) : http.headers;
  const seconds = statesTimeout ? undefined : serverTimeoutOf(sending);
  if (seconds !== undefined) headers.set(serverTimeout, seconds);
  return headers;
}

/** Adds an access token that is fresh now: the client's own may have died while the call waited. */
async function authorize(headers: Headers, credentials: Credentials, { http, tokenRefused }: Sending): Promise<void> {
  if (tokenRefused) await credentials.expire();
  for (const [name, value] of await credentials.headers(http.url)) headers.set(name, value);
}

/** What the API says of something that is not there, or no longer. */
const gone: ReadonlySet<string> = new Set(['not-found', 'file-not-found', 'cache-not-found', 'model-not-found']);

/** A deletion or cancellation whose answer got lost, and whose repetition finds nothing left: it has been done. */
function alreadyDone({ http, answerLost }: Sending, failure: HttpFailure): boolean {
  const ends = http.method === 'DELETE' || http.operation === 'cancel';
  return answerLost && ends && gone.has(classifyCaught(failure).reason);
}

async function badAnswer(sending: Sending, response: Response): Promise<Response> {
  const failure = new HttpFailure(response, await errorBody(response, sending.call));
  if (alreadyDone(sending, failure)) return Response.json({});
  throw failure;
}

/** What the API says that the request used, for the gate and for the next estimate. */
function noteUsage({ http, body, client }: Sending, exchange: Exchange, inputTokens: number | undefined): void {
  if (inputTokens === undefined) return;
  if (exchange.standing) exchange.standing.usedInputTokens = inputTokens;
  if (http.model !== undefined) client.tokens.learn(http.model, body, inputTokens);
}

async function wholeAnswer(sending: Sending, response: Response, exchange: Exchange): Promise<Response> {
  const { http, call } = sending;
  const answer = await readWhole(response, http);
  if (http.generates) noteUsage(sending, exchange, inputTokensIn(answer.body));
  if (call.door === 'sdk') return answer.response;
  if (!isAnswerOf(http.operation, answer.body)) throw notAnAnswer(http.operation);
  if (!http.generates) return answer.response;
  const failure = failureOfResult(answer.body);
  if (failure === undefined) return answer.response;
  throw new SeamError({ ok: false, failure, error: new HttpFailure(response, JSON.stringify(answer.body)) });
}

/** The stream as the official client reads it: the two methods that it calls, or for its second HTTP stack the real thing. */
function streamResponse({ http }: Sending, response: Response, stream: GuardedStream): Response {
  const { status, statusText, headers } = response;
  if (http.isRequest) {
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      const { done, value } = await stream.read();
      if (done || value === undefined) controller.close();
      else controller.enqueue(value);
    };
    const body = new ReadableStream({ pull, cancel: () => stream.release() }, { highWaterMark: 0 });
    return new Response(body, { status, statusText, headers });
  }
  // The client only ever releases its lock, also where its consumer broke off: that is our sign to free the socket.
  const body = { getReader: () => ({ read: () => stream.read(), releaseLock: () => stream.release() }) };
  return { ok: true, status, statusText, headers, body } as unknown as Response;
}

async function streamedAnswer(
  sending: Sending,
  response: Response,
  context: AttemptContext,
  exchange: Exchange,
): Promise<Response> {
  const { http, call, client } = sending;
  const judge = new StreamJudge(http.generates, call.door !== 'sdk');
  const stop = (reason: unknown): void => context.stop(reason);
  const read = (error: unknown): GeminiFailure => understand(error, sending.body, client.secrets);
  const stream = new GuardedStream({ response, judge, call, stop, read, verbatim: http.isRequest });
  await stream.open();
  exchange.ending = stream.ending.then(failure => {
    noteUsage(sending, exchange, judge.inputTokens);
    return failure;
  });
  call.releaseStream = () => stream.release();
  return streamResponse(sending, response, stream);
}

/** An answer that is handed on unread outlives its attempt: the caller's signal still ends it. */
function signalOf({ http, call }: Sending, { signal }: AttemptContext): AbortSignal {
  const mayBeHandedOn = http.reads === 'raw' || http.reads === 'by-content-type';
  return mayBeHandedOn && call.signal !== undefined ? AbortSignal.any([signal, call.signal]) : signal;
}

/** A download is bounded by the platform, because nobody reads it here. */
function transportOf({ http, call, client }: Sending): Transport {
  const isOurs = client.transport === systemTransport;
  return isOurs && http.reads === 'raw' ? handingOn(call.limits.idleTimeoutMs) : client.transport;
}

/** Sends the exchange once and reads its answer, as far as an attempt goes. Throws what classification then reads. */
export async function sendOnce(sending: Sending, context: AttemptContext, exchange: Exchange): Promise<Response> {
  const { http, client } = sending;
  const { credentials } = client;
  const headers = headersOf(sending);
  if (credentials !== undefined) await authorize(headers, credentials, sending);
  if (sending.remedied !== undefined) tellRemedy(sending, exchange);
  const body = sending.remedied?.body;
  const response = await http.send(transportOf(sending), { headers, signal: signalOf(sending, context), body });
  if (!response.ok) return badAnswer(sending, response);
  return http.reads === 'stream'
    ? streamedAnswer(sending, response, context, exchange)
    : wholeAnswer(sending, response, exchange);
}
