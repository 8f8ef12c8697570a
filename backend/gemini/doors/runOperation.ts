import type { AttemptContext } from '../../resilience/attemptContext.ts';
import { type AttemptOptions, attemptOnce } from '../../resilience/attemptOnce.ts';
import { type Call, type Policy, startExchange } from '../../resilience/policy.ts';
import type { Failed } from '../../resilience/retryRun.ts';
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
  const fail = (failed: Failed): never => {
    tellEnd(call, failed);
    throw errorOf(call, failed, exchange);
  };
  return pipeline(exchange, attemptOnce(operation, options)).then(
    outcome => {
      if (!outcome.ok) return fail(outcome);
      tellEnd(call);
      return outcome.value;
    },
    // Only a rule of the caller's own can throw in there.
    (error: unknown) => fail({ ok: false, failure: options.classify(error), error }),
  );
}
