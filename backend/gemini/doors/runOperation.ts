import type { Outcome } from '../../resilience/failure.ts';
import {
  type AttemptOptions,
  type Call,
  type Exchange,
  type Operation,
  type Send,
  startExchange,
} from '../../resilience/policy.ts';
import type { Failed } from '../../resilience/retryRun.ts';
import { errorOf, tellEnd } from './callEnd.ts';

function finish<T>(exchange: Exchange<T>, outcome: Outcome<T>): T {
  if (!outcome.ok) return fail(exchange, outcome);
  tellEnd(exchange.call);
  return outcome.value;
}

function fail(exchange: Exchange, failed: Failed): never {
  tellEnd(exchange.call, failed);
  throw errorOf(exchange.call, failed, exchange);
}

/**
 * Runs an operation as the one exchange of its call.
 * @throws GeminiError, or the caller's own reason where the call was aborted
 */
export function runOperation<T>(call: Call, send: Send, operation: Operation<T>, options: AttemptOptions): Promise<T> {
  const exchange = startExchange(call, true, operation, options);
  return send(exchange).then(
    outcome => finish(exchange, outcome),
    // Only a rule of the caller's own can throw in there.
    (error: unknown) => fail(exchange, { ok: false, failure: options.classify(error), error }),
  );
}
