import type { Failed, Failure } from '../../resilience/failure.ts';
import { redact } from '../classification/redact.ts';
import type { GeminiCall } from './geminiCall.ts';
import { type HttpExchange, httpExchange, type Transport } from './httpExchange.ts';
import { HttpFailure } from './httpFailure.ts';
import { noteRemedies } from './remedying.ts';
import { beforeGoingOn } from './resuming.ts';
import { SeamError } from './seamError.ts';
import { seamExchange } from './seamExchange.ts';
import { type SeamOptions, type Sending, serverTimeout, unsent } from './sendOnce.ts';

/** A failure as the body that states it, with what nobody may see taken out. */
function asStated({ message, status: code = 503, rpcStatus: status }: Failure): Response {
  return Response.json({ error: { code, message, status } }, { status: code });
}

/** The official client's own way to fail: the last bad response for it to read, or what the platform's fetch threw. */
function asClientFails({ failed, exchange }: SeamError, { secrets }: SeamOptions): Response {
  const { failure, error } = failed;
  if (!(error instanceof HttpFailure)) throw error;
  // What was refused unsent is refused with another call's answer, which may quote that call's prompt.
  if (exchange?.attempt === 0) return asStated(failure);
  const inBand = error.status < 300 && failure.status !== undefined && failure.status >= 400;
  return error.toResponse(inBand ? failure.status : error.status, text => redact(text, secrets));
}

/**
 * The fetch that the official client is given: the one place through which every HTTP request of it passes, whatever method
 * made it. Repeats exactly the exchange that failed, never the method around it.
 * @param onEnd told when an exchange is over: for calls that have no other end
 */
export function createSeam(
  client: SeamOptions,
  callFor: (http: HttpExchange) => GeminiCall,
  onEnd?: (call: GeminiCall, failed?: Failed) => void,
): Transport {
  const end = (call: GeminiCall, closed: SeamError): Response => {
    if (call.door === 'sdk') return asClientFails(closed, client);
    throw closed;
  };
  return async (input, init) => {
    const http = httpExchange(input, init);
    const call = callFor(http);
    if (call.closed) return end(call, call.closed);
    const refused = call.broken && (await beforeGoingOn(call));
    if (refused) {
      call.closed = new SeamError(refused);
      return end(call, call.closed);
    }
    const statesTimeout = http.headers.has(serverTimeout);
    const body = http.isRequest ? await http.textOf() : http.body;
    const sending: Sending = { http, call, client, body, statesTimeout, ...unsent };
    const exchange = seamExchange(sending);
    const outcome = await call.send(exchange);
    if (call.changes !== undefined) noteRemedies(call);
    onEnd?.(call, outcome.ok ? undefined : outcome);
    if (outcome.ok) return outcome.value;
    call.closed = new SeamError(outcome, exchange);
    return end(call, call.closed);
  };
}
