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
import { readBody, readErrorBody } from './readBody.ts';
import { decoderFor, decoderOfNothing, isLines, type StreamDecoder } from './streamDecoder.ts';
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

const textual = /json|^text\/|xml|urlencoded|javascript/;

/** An error in the place of an answer, whatever the status said. */
const errorFirst = /^\s{0,20}(?:\[\s{0,20})?\{\s{0,20}"error"\s{0,5}:\s{0,5}[{"]/;

/** Sends a request once and reads its answer, as far as an attempt goes. Throws what classification then reads. */
export async function sendRequest(sending: Sending, context: AttemptContext, exchange: Exchange): Promise<Response> {
  const { request, call, transport, provider, reading } = sending;
  const response = await request.send(transport, context.signal);
  if (response.status >= 400) throw new BadAnswer(response, await readErrorBody(response, call));
  reading?.noteHeaders(provider, response.headers, exchange);
  if (response.body === null) return response;
  const contentType = response.headers.get('content-type') ?? '';
  const decoder = decoderFor(contentType);
  if (decoder !== undefined && answersAsStream(request, contentType))
    return watched(sending, { response, decoder, context, exchange });
  const isText = decoder === undefined && (textual.test(contentType) || contentType === '');
  // Who asked for a stream gets one, whatever it calls itself.
  return isText && !request.asksForStream
    ? wholeAnswer(sending, response, context, exchange)
    : watched(sending, { response, decoder: undefined, context, exchange });
}

/** Paths of services that answer in lines without being asked to. */
const inLines = /\/(?:chat|generate|completions|responses|messages)\/?$/;

/**
 * Is this the stream that a model was asked for? Only that has an end mark, and errors among its events. What else comes as events or
 * lines, results of a batch, a file, notices of a server, is somebody's data.
 */
function answersAsStream({ method, url, asksForStream }: Outgoing, contentType: string): boolean {
  if (method !== 'POST') return url.searchParams.get('stream') === 'true';
  return asksForStream || !isLines(contentType) || inLines.test(url.pathname);
}

/** Reads a text inside the attempt, so that one that is cut or garbled is a failed attempt. */
async function wholeAnswer(
  sending: Sending,
  response: Response,
  context: AttemptContext,
  exchange: Exchange,
): Promise<Response> {
  const { bytes, reader } = await readBody(response, mostHeld);
  if (reader !== undefined) {
    return watched(sending, { response, reader, first: bytes, decoder: undefined, context, exchange });
  }
  if (response.headers.get('content-type')?.includes('json')) {
    const text = new TextDecoder().decode(bytes);
    checkJson(response, bytes, text);
    sending.reading?.noteBody(text, exchange);
  }
  return madeAs(new Response(bytes, response), response);
}

/** @throws BadAnswer for what is no JSON, or an error with a good status */
function checkJson(response: Response, bytes: Uint8Array<ArrayBuffer>, text: string): void {
  const status = errorFirst.test(text) ? statedStatus(text) : undefined;
  if (status !== undefined) throw new BadAnswer(response, bytes, { status });
  // Files of records are served under the type of one.
  if (text.trim() !== '' && !isJson(text) && !text.trim().split('\n').every(isJson))
    throw new BadAnswer(response, bytes);
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
  readonly reader?: ReadableStreamDefaultReader<Uint8Array>;
  readonly first?: Uint8Array<ArrayBuffer>;
  readonly decoder: StreamDecoder | undefined;
  readonly context: AttemptContext;
  readonly exchange: Exchange;
}

/** Hands a body on that is watched to its end: a stream of events once it has begun, anything else at once. */
async function watched(sending: Sending, watching: Watching): Promise<Response> {
  const { response, decoder, context, exchange, first } = watching;
  const reader = watching.reader ?? response.body?.getReader();
  if (reader === undefined) return response;
  const { call, limits, provider, classify: read } = sending;
  const stream = new WatchedStream({
    ...{ reader, first, call, limits, read },
    answer: new AnswerWatch(response, decoder ?? decoderOfNothing(), decoder && provider),
    stop: reason => context.stop(reason),
  });
  if (decoder !== undefined) await stream.open();
  exchange.ending = stream.ending;
  return madeAs(new Response(stream.body(), response), response);
}
