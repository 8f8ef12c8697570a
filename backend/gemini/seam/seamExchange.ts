import type { AttemptContext } from '../../resilience/attemptContext.ts';
import { type Exchange, startExchange, type Target } from '../../resilience/policy.ts';
import type { GeminiFailure } from '../reasons.ts';
import { remedied } from './remedying.ts';
import { type Sending, sendOnce } from './sendOnce.ts';
import { understand } from './understand.ts';

/** Reads a failed attempt once, and keeps what the next attempt must know of it. */
function reader(sending: Sending): (error: unknown) => GeminiFailure {
  return error => {
    const { client } = sending;
    const failure = understand(error, sending.body, client.secrets);
    const refusedBefore = sending.tokenRefused;
    sending.answerLost = failure.delivery === 'ambiguous';
    sending.tokenRefused = client.credentials !== undefined && failure.status === 401;
    // A token may die between its check and the server's: the first refusal is worth a fresh one.
    if (sending.tokenRefused && !refusedBefore) return { ...failure, retryable: true };
    return sending.http.generates ? remedied(sending, error, failure) : failure;
  };
}

/** Which request an exchange is, for those that may be sent elsewhere. */
const sendings = new WeakMap<Exchange, Sending>();

/** Which request the exchange is. */
export const sendingOf = (exchange: Exchange): Sending | undefined => sendings.get(exchange);

/** Begins the exchange of a request. */
export function seamExchange(sending: Sending, target: Target = sending.http.target): Exchange<Response> {
  const { http, call, client, body } = sending;
  const { attemptTimeoutMs, firstChunkTimeoutMs, hedgeAfterMs } = call.limits;
  const byFirstChunk = http.reads === 'stream' && firstChunkTimeoutMs < attemptTimeoutMs;
  const limit = byFirstChunk
    ? { attemptTimeoutMs: firstChunkTimeoutMs, limitName: 'firstChunkTimeoutMs' }
    : { attemptTimeoutMs };
  const send = (context: AttemptContext, of: Exchange): Promise<Response> => sendOnce(sending, context, of);
  const inputTokens = (): number => client.tokens.of(http.model ?? '', body);
  // Only what asks a model is worth asking twice.
  const hedges = http.generates && hedgeAfterMs < Number.POSITIVE_INFINITY;
  const options = { classify: reader(sending), inputTokens, ...limit, ...(hedges && { hedgeAfterMs }) };
  const exchange = startExchange(call, http.repeatable || client.repeats === true, send, options, target);
  if (client.fallbacks.length > 0) sendings.set(exchange, sending);
  return exchange;
}
