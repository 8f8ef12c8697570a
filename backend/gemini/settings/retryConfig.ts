import { type ErrorClass, errorClasses, type Failure } from '../../resilience/failure.ts';
import { checkFunction, checkNumber, checkObject, OptionError, show } from '../../resilience/optionError.ts';
import { checkRetryConfig, type RetryConfig, retryConfigKeys, rowNames } from '../../resilience/retryConfig.ts';
import { type GeminiReason, reasonsByClass } from '../reasons.ts';

export { jitters, type RetryConfig, retryRanges, rowNames } from '../../resilience/retryConfig.ts';

/** A failure by class, by reason, or by a test of the caller's own. */
export type RetryRule = ErrorClass | GeminiReason | ((failure: Failure, error: unknown) => boolean);

/** Retry settings of a client or of one call. A flat number is meant for every retryable class; a class of its own wins over it. */
export interface RetryOptions extends RetryConfig {
  readonly quota?: RetryConfig | undefined;
  readonly server?: RetryConfig | undefined;
  readonly network?: RetryConfig | undefined;
  /** For plain errors of a wrapped function, and for what a `retryOn` rule accepts. */
  readonly default?: RetryConfig | undefined;
  /** Retried although the table would not. */
  readonly retryOn?: readonly RetryRule[] | undefined;
  /** Not retried although the table would. Wins over `retryOn`. */
  readonly giveUpOn?: readonly RetryRule[] | undefined;
  /** Retries over the whole call after failures that may have been carried out, and billed. @default Infinity */
  readonly maxAmbiguousRetries?: number | undefined;
}

/** The table as it stands. */
export const STANDARD_RETRY: RetryOptions = Object.freeze({});

/** For streams that a person watches: short waits, few of them. */
export const STREAMING_RETRY: RetryOptions = Object.freeze({ maxRetries: 2, baseDelayMs: 1_000, maxDelayMs: 10_000 });

/** One attempt. */
export const NO_RETRY: RetryOptions = Object.freeze({ maxRetries: 0 });

const optionKeys = new Set([...retryConfigKeys, ...rowNames, 'retryOn', 'giveUpOn', 'maxAmbiguousRetries']);
const ruleNames: ReadonlySet<string> = new Set([...errorClasses, ...Object.values(reasonsByClass).flat()]);

function checkRules(field: string, rules: unknown): void {
  if (!Array.isArray(rules)) throw new OptionError(field, show(rules), 'an array of classes, reasons and functions');
  for (const [index, rule] of rules.entries()) {
    if (typeof rule === 'string' && ruleNames.has(rule)) continue;
    if (typeof rule === 'string')
      throw new OptionError(`${field}[${index}]`, show(rule), 'an error class, a reason, or a function');
    checkFunction(`${field}[${index}]`, rule);
  }
}

/** @throws OptionError that names the field, the value and the allowed range */
export function checkRetryOptions(field: string, value: unknown): RetryOptions {
  const options = checkObject<RetryOptions>(field, value, optionKeys);
  checkRetryConfig(field, options);
  for (const row of rowNames) {
    const config = options[row];
    if (config !== undefined)
      checkRetryConfig(`${field}.${row}`, checkObject(`${field}.${row}`, config, retryConfigKeys));
  }
  if (options.retryOn !== undefined) checkRules(`${field}.retryOn`, options.retryOn);
  if (options.giveUpOn !== undefined) checkRules(`${field}.giveUpOn`, options.giveUpOn);
  if (options.maxAmbiguousRetries !== undefined) {
    const range = { min: 0, max: 1000, integer: true, infinity: true };
    checkNumber(`${field}.maxAmbiguousRetries`, options.maxAmbiguousRetries, range);
  }
  return options;
}
