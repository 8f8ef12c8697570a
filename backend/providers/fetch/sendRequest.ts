import type { AttemptContext } from '../../resilience/attemptContext.ts';
import type { ResolvedLimits } from '../../resilience/callLimits.ts';
import type { Failure } from '../../resilience/failure.ts';
import type { Call, Exchange } from '../../resilience/policy.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { Transport } from '../../resilience/transport.ts';
import { BadAnswer, withUrl } from './badAnswer.ts';
import type { Outgoing } from './outgoing.ts';
import { readBody, readErrorBody } from './readBody.ts';
import { decoderFor, decoderOfNothing, type StreamDecoder } from './streamDecoder.ts';
import { WatchedStream } from './watchedStream.ts';

/** What one exchange needs to be sent, however often. */
export interface Sending {
  readonly request: Outgoing;
  readonly call: Call;
  readonly provider: Provider;
  readonly limits: ResolvedLimits;
  readonly transport: Transport;
  readonly classify: (error: unknown) => Failure;
}

/** So much of a text is held, in bytes; what is larger is handed on as it comes. */
const mostHeld = 33_554_432;

const textual = /json|^text\/|xml|urlencoded|javascript/;

/** An error in the place of an answer, whatever the status said. */
const errorFirst = /^\s{0,20}(?:\[\s{0,20})?\{\s{0,20}"error"\s{0,5}:\s{0,5}[{"]/;

/** The HTTP status that such an error states of itself. */
const statedStatus = /"(?:code|status)"\s{0,5}:\s{0,5}"?([45]\d\d)\b/;

const usedTokens = /"(?:prompt_tokens|input_tokens|prompt_eval_count|promptTokenCount)"\s{0,5}:\s{0,5}(\d{1,9})/;

/** Sends a request once and reads its answer, as far as an attempt goes. Throws what classification then reads. */
export async function sendRequest(sending: Sending, context: AttemptContext, exchange: Exchange): Promise<Response> {
  const { request, call, transport, provider } = sending;
  const response = await request.send(transport, context.signal);
  if (response.status >= 400) throw new BadAnswer(response, await readErrorBody(response, call));
  const reports = provider.quotasIn(response.headers, call.runtime.wallClock());
  if (reports.length > 0 && exchange.standing !== undefined) exchange.standing.quotaReports = reports;
  if (response.body === null) return response;
  const contentType = response.headers.get('content-type') ?? '';
  const decoder = decoderFor(contentType);
  if (decoder !== undefined) return watched(sending, { response, decoder, context, exchange });
  const isText = textual.test(contentType) || contentType === '';
  // Who asked for a stream gets one, whatever it calls itself.
  return isText && !request.asksForStream
    ? wholeAnswer(sending, response, context, exchange)
    : watched(sending, { response, decoder: undefined, context, exchange });
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
  const { status, statusText, headers, url } = response;
  if (headers.get('content-type')?.includes('json')) checkJson(response, bytes, exchange);
  return withUrl(new Response(bytes, { status, statusText, headers }), url);
}

/** @throws BadAnswer for what is no JSON, or an error with a good status */
function checkJson(response: Response, bytes: Uint8Array<ArrayBuffer>, { standing }: Exchange): void {
  const text = new TextDecoder().decode(bytes);
  const stated = errorFirst.test(text) ? statedStatus.exec(text.slice(0, 4_096))?.[1] : undefined;
  if (stated !== undefined) throw new BadAnswer(response, bytes, Number(stated));
  try {
    if (text.trim() !== '') JSON.parse(text);
  } catch {
    throw new BadAnswer(response, bytes);
  }
  const used = usedTokens.exec(text)?.[1];
  if (used !== undefined && standing !== undefined) standing.usedInputTokens = Number(used);
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
    ...{ response, reader, first, call, limits, read },
    decoder: decoder ?? decoderOfNothing(),
    provider: decoder && provider,
    stop: reason => context.stop(reason),
  });
  if (decoder !== undefined) await stream.open();
  exchange.ending = stream.ending;
  const { status, statusText, headers, url } = response;
  return withUrl(new Response(stream.body(), { status, statusText, headers }), url);
}
