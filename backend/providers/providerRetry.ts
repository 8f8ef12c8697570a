import { type ErrorClass, errorClasses, type Failure } from '../resilience/failure.ts';
import { checkFunction, checkNumber, checkObject, OptionError, show } from '../resilience/optionError.ts';
import type { Provider } from '../resilience/provider.ts';
import { checkRetryConfig, overRow, type RetryConfig, retryConfigKeys, rowNames } from '../resilience/retryConfig.ts';
import type { RetryOptions } from '../resilience/retryRun.ts';
import type { Strategy } from '../resilience/strategy.ts';
import { isReason, type ProviderReason } from './classification/reasons.ts';
import { hasRetried } from './providerError.ts';

/** A failure by class, by reason, or by a test of the caller's own. */
export type ProviderRetryRule = ErrorClass | ProviderReason | ((failure: Failure, error: unknown) => boolean);

/** Retry settings. A flat number is meant for every retryable class; a class of its own wins over it. */
export interface ProviderRetryOptions extends RetryConfig {
  readonly quota?: RetryConfig | undefined;
  readonly server?: RetryConfig | undefined;
  readonly network?: RetryConfig | undefined;
  /** For what a `retryOn` rule accepts. */
  readonly default?: RetryConfig | undefined;
  /** Retried although the table would not. */
  readonly retryOn?: readonly ProviderRetryRule[] | undefined;
  /** Not retried although the table would. Wins over `retryOn`. */
  readonly giveUpOn?: readonly ProviderRetryRule[] | undefined;
  /** Retries over the whole call after failures that may have been carried out, and billed. @default Infinity */
  readonly maxAmbiguousRetries?: number | undefined;
}

const keys: ReadonlySet<string> = new Set([
  ...retryConfigKeys,
  ...rowNames,
  'retryOn',
  'giveUpOn',
  'maxAmbiguousRetries',
]);
const classNames: ReadonlySet<string> = new Set(errorClasses);

function checkRules(field: string, rules: unknown): void {
  if (!Array.isArray(rules)) throw new OptionError(field, show(rules), 'an array of classes, reasons and functions');
  for (const [index, rule] of rules.entries()) {
    if (typeof rule !== 'string') checkFunction(`${field}[${index}]`, rule);
    else if (!classNames.has(rule) && !isReason(rule))
      throw new OptionError(`${field}[${index}]`, show(rule), 'an error class, a reason, or a function');
  }
}

/** @throws OptionError that names the field, the value and the allowed range */
export function checkProviderRetry(field: string, value: unknown): ProviderRetryOptions {
  const options = checkObject<ProviderRetryOptions>(field, value, keys);
  checkRetryConfig(field, options);
  for (const row of rowNames) {
    const config = options[row];
    if (config !== undefined)
      checkRetryConfig(`${field}.${row}`, checkObject<RetryConfig>(`${field}.${row}`, config, retryConfigKeys));
  }
  for (const name of ['retryOn', 'giveUpOn'] as const) {
    if (options[name] !== undefined) checkRules(`${field}.${name}`, options[name]);
  }
  const { maxAmbiguousRetries } = options;
  if (maxAmbiguousRetries !== undefined) {
    checkNumber(`${field}.maxAmbiguousRetries`, maxAmbiguousRetries, {
      min: 0,
      max: 1000,
      integer: true,
      infinity: true,
    });
  }
  return options;
}

/** For what a rule of the caller's own accepts. */
const acceptedRow: Strategy = { retries: 3, baseMs: 1_000, maxMs: 30_000, growth: 2, jitter: 'full' };

const rowOf = (errorClass: ErrorClass): 'quota' | 'server' | 'network' | undefined =>
  errorClass === 'auth' || errorClass === 'request' ? undefined : errorClass;

function matches(rules: readonly ProviderRetryRule[] | undefined, failure: Failure, error: unknown): boolean {
  const { errorClass, reason } = failure;
  return (
    rules?.some(rule => (typeof rule === 'function' ? rule(failure, error) : rule === errorClass || rule === reason)) ??
    false
  );
}

/** What the retry policy is told: the provider's rows, with the caller's numbers over them. `layers`: lowest first. */
export function providerRetries(provider: Provider, layers: readonly ProviderRetryOptions[]): RetryOptions {
  const over = (row: Strategy, name: 'quota' | 'server' | 'network' | 'default'): Strategy =>
    layers.reduce((current, layer) => overRow(overRow(current, layer), layer[name]), row);
  const pick = <K extends keyof ProviderRetryOptions>(key: K): ProviderRetryOptions[K] | undefined =>
    layers.findLast(layer => layer[key] !== undefined)?.[key];
  return {
    strategyFor: (failure, verdict) => {
      const name = rowOf(failure.errorClass);
      if (verdict === 'retry' && (!failure.retryable || name === undefined)) return over(acceptedRow, 'default');
      const row = provider.strategyFor(failure);
      return name === undefined ? row : over(row, name);
    },
    verdict: (failure, error) => {
      if (matches(pick('giveUpOn'), failure, error)) return 'give-up';
      return matches(pick('retryOn'), failure, error) ? 'retry' : undefined;
    },
    alreadyRetried: hasRetried,
    maxAmbiguousRetries: pick('maxAmbiguousRetries') ?? Number.POSITIVE_INFINITY,
  };
}
