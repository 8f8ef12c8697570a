import type { Outcome } from '../../resilience/failure.ts';
import {
  type AttemptOptions,
  type Call,
  type Exchange,
  type Operation,
  type Send,
  startExchange,
  type Target,
} from '../../resilience/policy.ts';
import { errorOf, tellEnd } from './callEnd.ts';

function finish<T>(exchange: Exchange<T>, outcome: Outcome<T>): T {
  const { call } = exchange;
  if (outcome.ok) {
    tellEnd(call);
    return outcome.value;
  }
  tellEnd(call, outcome);
  throw errorOf(call, outcome, exchange);
}

/**
 * Runs an operation as the one exchange of its call.
 * @throws GeminiError, or the caller's own reason where the call was aborted
 */
export function runOperation<T>(
  call: Call,
  send: Send,
  operation: Operation<T>,
  options: AttemptOptions,
  target?: Target,
): Promise<T> {
  const exchange = startExchange(call, true, operation, options, target);
  return send(exchange).then(outcome => finish(exchange, outcome));
}
