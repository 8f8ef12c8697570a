import type { AttemptContext } from '../../resilience/attemptContext.ts';
import type { ResolvedLimits } from '../../resilience/callLimits.ts';
import type { Failure } from '../../resilience/failure.ts';
import type { Call, Exchange } from '../../resilience/policy.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { Transport } from '../../resilience/transport.ts';
import { statedStatus } from '../classification/statedStatus.ts';
import { AnswerWatch } from './answerWatch.ts';
import { BadAnswer, madeAs } from './badAnswer.ts';
import type { PolicyReading } from './fetchParts.ts';
import type { Outgoing } from './outgoing.ts';
import { type ReadBody, readBody, readErrorBody } from './readBody.ts';
import { decoderFor, eventStream, isLines, type StreamDecoder } from './streamDecoder.ts';
import { WatchedStream } from './watchedStream.ts';

/** What one exchange needs to be sent, however often. */
export interface Sending {
  readonly request: Outgoing;
  readonly call: Call;
  readonly provider: Provider;
  readonly limits: ResolvedLimits;
  readonly transport: Transport;
  readonly classify: (error: unknown) => Failure;
  readonly reading: PolicyReading | undefined;
}

/** So much of a text is held, in bytes; what is larger is handed on as it comes. */
const mostHeld = 33_554_432;

const textual = /^$|json|^text\/|xml|urlencoded|javascript/;

/** An error in the place of an answer, whatever the status said. */
const errorFirst = /^\s*(?:\[\s*)?\{\s*"error"\s*:\s*[{"]/;

/** Nothing, or a page. */
const nothing = /^\s*(?:$|<(?:!doctype|html))/i;

/** The begin of events. */
const eventFirst = /^\s*(?:data|event|id|retry)?:/;

/** Sends a request once and reads its answer, as far as an attempt goes. Throws what classification then reads. */
export async function sendRequest(sending: Sending, context: AttemptContext, exchange: Exchange): Promise<Response> {
  const { request, call, transport, provider, reading } = sending;
  const response = await request.send(transport, context.signal);
  if (response.status >= 400) throw new BadAnswer(response, await readErrorBody(response, call), response.status);
  reading?.noteHeaders(provider, response.headers, exchange);
  if (!response.ok || (response.body === null && !asksModel(sending))) return response;
  const contentType = response.headers.get('content-type')?.toLowerCase() ?? '';
  const decoder = decoderFor(contentType);
  const watching = { response, context, exchange };
  if (decoder !== undefined || !textual.test(contentType))
    return watched(sending, watching, answersAsStream(sending, contentType) ? decoder : undefined);
  return request.asksForStream ? unnamedStream(sending, watching) : wholeAnswer(sending, watching);
}

/** Its answer is neither empty nor a page, and what begins with an error is one, whatever status that states. */
const asksModel = ({ provider, request: { method, url } }: Sending): boolean =>
  method === 'POST' && provider.repeatable(method, url, '');

/**
 * Is this the stream that a model was asked for? Only that has an end mark, and errors among its events. What else comes as events or
 * lines, results of a batch, a file, notices of a server, is somebody's data.
 */
function answersAsStream(sending: Sending, contentType: string): boolean {
  const { method, url, asksForStream } = sending.request;
  if (method !== 'POST') return url.searchParams.get('stream') === 'true';
  // Some services answer in lines without being asked to.
  return asksForStream || !isLines(contentType) || asksModel(sending);
}

/** Who asked for a stream gets one, whatever it calls itself: its begin tells. What begins as no stream does is read whole. */
async function unnamedStream(sending: Sending, watching: Watching): Promise<Response> {
  const begun = await readBody(watching.response, 0);
  const begin = new TextDecoder().decode(begun.bytes);
  if (nothing.test(begin) || errorFirst.test(begin)) return wholeAnswer(sending, watching, begun);
  const isEvents = eventFirst.test(begin) && answersAsStream(sending, eventStream);
  return watched(sending, { ...watching, begun }, isEvents ? decoderFor(eventStream) : undefined);
}

/** Reads a text inside the attempt, so that one that is cut or garbled is a failed attempt. */
async function wholeAnswer(sending: Sending, watching: Watching, before?: ReadBody): Promise<Response> {
  const { response, exchange } = watching;
  const begun = await readBody(response, mostHeld, before);
  const { bytes, reader } = begun;
  if (reader !== undefined) return watched(sending, { ...watching, begun });
  const text = new TextDecoder().decode(bytes);
  const isJsonType = /json/i.test(response.headers.get('content-type') ?? '');
  const asks = asksModel(sending);
  const status = statedStatus(text);
  if (errorFirst.test(text) && (asks || (isJsonType && status))) throw new BadAnswer(response, bytes, status);
  const isNone = asks && nothing.test(text);
  // Files of records are served under the type of one.
  if (isNone || (isJsonType && text.trim() && !isJson(text) && !text.trim().split('\n').every(isJson)))
    throw new BadAnswer(response, bytes, response.status);
  if (isJsonType) sending.reading?.noteBody(text, exchange);
  return madeAs(new Response(bytes, response), response);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface Watching {
  readonly response: Response;
  /** What was read of it before. */
  readonly begun?: ReadBody;
  readonly context: AttemptContext;
  readonly exchange: Exchange;
}

/** Hands a body on that is watched to its end: a stream of events once it has begun, anything else at once. */
async function watched(sending: Sending, watching: Watching, decoder?: StreamDecoder): Promise<Response> {
  const { response, context, exchange, begun } = watching;
  const reader = begun?.reader ?? response.body?.getReader();
  if (reader === undefined) return response;
  const { call, limits, provider, classify: read } = sending;
  const stream = new WatchedStream({
    ...{ reader, first: begun?.bytes, call, limits, read },
    answer: new AnswerWatch(response, decoder, provider),
    stop: reason => context.stop(reason),
  });
  if (decoder !== undefined) await stream.open();
  exchange.ending = stream.ending;
  return madeAs(new Response(stream.body(), response), response);
}
