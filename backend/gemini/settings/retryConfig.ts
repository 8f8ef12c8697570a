import { type ErrorClass, errorClasses, type Failure } from '../../resilience/failure.ts';
import {
  checkFunction,
  checkNumber,
  checkObject,
  checkOneOf,
  type NumberRange,
  OptionError,
  show,
} from '../../resilience/optionError.ts';
import type { Jitter } from '../../resilience/strategy.ts';
import { type GeminiReason, reasonsByClass } from '../reasons.ts';

/** The numbers of one strategy, as a caller writes them. What is left out keeps the value of the layer below. */
export interface RetryConfig {
  /** Retries after the first attempt. An integer from 0 to 1000. */
  readonly maxRetries?: number | undefined;
  /** Wait before the first retry, in milliseconds, from 0 to 86,400,000. */
  readonly baseDelayMs?: number | undefined;
  /** Longest wait of our own choosing, in milliseconds; a wait that the server states is never shortened to it. */
  readonly maxDelayMs?: number | undefined;
  /** Factor from one wait to the next, from 1 to 100. */
  readonly exponentialBase?: number | undefined;
  /** How much of the wait is chance: `full` (also `true`), `equal`, `none` (also `false`). */
  readonly jitter?: Jitter | boolean | undefined;
}

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

const dayMs = 86_400_000;
/** What each number of a `RetryConfig` may be. */
export const retryRanges = {
  maxRetries: { min: 0, max: 1000, integer: true },
  baseDelayMs: { min: 0, max: dayMs, unit: 'ms' },
  maxDelayMs: { min: 0, max: dayMs, unit: 'ms' },
  exponentialBase: { min: 1, max: 100 },
} as const satisfies Record<string, NumberRange>;

/** The words for jitter that an option may hold. */
export const jitters = ['full', 'equal', 'none', true, false] as const;

const configKeys = new Set([...Object.keys(retryRanges), 'jitter']);
/** The rows that an option may change: the retryable classes and the default. */
export const rowNames = ['quota', 'server', 'network', 'default'] as const;
const optionKeys = new Set([...configKeys, ...rowNames, 'retryOn', 'giveUpOn', 'maxAmbiguousRetries']);
const ruleNames: ReadonlySet<string> = new Set([...errorClasses, ...Object.values(reasonsByClass).flat()]);

function checkNumbers(field: string, config: RetryConfig): void {
  for (const [name, range] of Object.entries(retryRanges)) {
    const value = config[name as keyof typeof retryRanges];
    if (value !== undefined) checkNumber(`${field}.${name}`, value, range);
  }
  if (config.jitter !== undefined) checkOneOf(`${field}.jitter`, config.jitter, jitters);
  const { baseDelayMs, maxDelayMs } = config;
  if (baseDelayMs !== undefined && maxDelayMs !== undefined && maxDelayMs < baseDelayMs) {
    throw new OptionError(`${field}.maxDelayMs`, show(maxDelayMs), `at least ${field}.baseDelayMs (${baseDelayMs} ms)`);
  }
}

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
  checkNumbers(field, options);
  for (const row of rowNames) {
    const config = options[row];
    if (config !== undefined) checkNumbers(`${field}.${row}`, checkObject(`${field}.${row}`, config, configKeys));
  }
  if (options.retryOn !== undefined) checkRules(`${field}.retryOn`, options.retryOn);
  if (options.giveUpOn !== undefined) checkRules(`${field}.giveUpOn`, options.giveUpOn);
  if (options.maxAmbiguousRetries !== undefined) {
    const range = { min: 0, max: 1000, integer: true, infinity: true };
    checkNumber(`${field}.maxAmbiguousRetries`, options.maxAmbiguousRetries, range);
  }
  return options;
}
