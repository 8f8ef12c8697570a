import { checkNumber, checkObject, type NumberRange, OptionError, show } from '../resilience/optionError.ts';
import { refusing } from './settings/optionFailure.ts';
import { type RetryOptions, type RetryRule, retryRanges } from './settings/retryConfig.ts';
import { type RetryContext, type RetryWrapper, withRetryBackoff } from './withRetryBackoff.ts';

/** Retries in the words that retry decorators commonly use. What is left out is as for `withRetryBackoff`. */
export interface RetryOnFailureOptions {
  /** Attempts in all, the first included. An integer from 1 to 1001. */
  readonly maxAttempts?: number | undefined;
  /** Wait before the second attempt, in milliseconds, from 0 to 86,400,000. */
  readonly initialDelayMs?: number | undefined;
  /** Longest wait of our own choosing, in milliseconds; a wait that the server states is never shortened to it. */
  readonly maxDelayMs?: number | undefined;
  /** Factor from one wait to the next, from 1 to 100. */
  readonly backoffFactor?: number | undefined;
  /** Classes, reasons or tests of errors that are retried although they would not be. */
  readonly retryOn?: readonly RetryRule[] | undefined;
  /** The same for errors that are not retried although they would be. Wins over `retryOn`. */
  readonly giveUpOn?: readonly RetryRule[] | undefined;
}

const { maxRetries, baseDelayMs, maxDelayMs, exponentialBase } = retryRanges;

const ranges: Readonly<Record<string, NumberRange>> = {
  maxAttempts: { min: maxRetries.min + 1, max: maxRetries.max + 1, integer: true },
  initialDelayMs: baseDelayMs,
  maxDelayMs,
  backoffFactor: exponentialBase,
};

const keys: ReadonlySet<string> = new Set([...Object.keys(ranges), 'retryOn', 'giveUpOn']);

function check(options: RetryOnFailureOptions): void {
  checkObject('options', options, keys);
  for (const [name, range] of Object.entries(ranges)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined) checkNumber(`options.${name}`, value, range);
  }
  const { initialDelayMs: base, maxDelayMs: most } = options;
  if (base !== undefined && most !== undefined && most < base)
    throw new OptionError('options.maxDelayMs', show(most), `at least options.initialDelayMs (${base} ms)`);
}

/**
 * A function that is tried again as its errors deserve: `retryOnFailure({ maxAttempts: 3 })(fn)`, or `@retryOnFailure({ … })` on a
 * method. With a circuit breaker inside, `retryOnFailure({ … })(circuitBreaker(breaker)(fn))`, each attempt is counted by it.
 * @throws GeminiError at once for a bad setting; the wrapped function rejects with GeminiError, or with the abort reason of the caller
 */
export function retryOnFailure(options: RetryOnFailureOptions = {}, context: RetryContext = {}): RetryWrapper {
  refusing(() => check(options));
  const { maxAttempts, initialDelayMs, maxDelayMs: most, backoffFactor, retryOn, giveUpOn } = options;
  const config: RetryOptions = {
    maxRetries: maxAttempts === undefined ? undefined : maxAttempts - 1,
    baseDelayMs: initialDelayMs,
    maxDelayMs: most,
    exponentialBase: backoffFactor,
    retryOn,
    giveUpOn,
  };
  return withRetryBackoff(config, context);
}
