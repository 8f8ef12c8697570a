import type { AttemptContext } from '../../resilience/attemptContext.ts';
import { type AttemptOptions, attemptOnce } from '../../resilience/attemptOnce.ts';
import { type Call, type Policy, startExchange } from '../../resilience/policy.ts';
import { errorOf, tellEnd } from './callEnd.ts';

/**
 * Runs an operation as the one exchange of its call.
 * @throws GeminiError, or the caller's own reason where the call was aborted
 */
export function runOperation<T>(
  call: Call,
  pipeline: Policy,
  operation: (context: AttemptContext) => T | Promise<T>,
  options: AttemptOptions,
): Promise<T> {
  const exchange = startExchange(call, true);
  return pipeline(exchange, attemptOnce(operation, options)).then(outcome => {
    if (outcome.ok) {
      tellEnd(call);
      return outcome.value;
    }
    tellEnd(call, outcome);
    throw errorOf(call, outcome, exchange);
  });
}
