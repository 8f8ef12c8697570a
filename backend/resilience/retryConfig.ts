import { type NumberRange, OptionError, show } from './optionError.ts';
import { checkOptions, type OptionRules } from './optionRules.ts';
import type { Jitter, Strategy } from './strategy.ts';

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

const rules = { ...retryRanges, jitter: jitters };

/** The rows that an option may change: the retryable classes and the default. */
export const rowNames = ['quota', 'server', 'network', 'default'] as const;

/**
 * Checks the numbers of one strategy, and what may stand beside them.
 * @throws OptionError that names the field, the value and the allowed range
 */
export function checkRetryConfig<T extends RetryConfig>(field: string, value: unknown, more: OptionRules = {}): T {
  const config = checkOptions<T>(field, value, { ...rules, ...more });
  const { baseDelayMs, maxDelayMs } = config;
  if (baseDelayMs !== undefined && maxDelayMs !== undefined && maxDelayMs < baseDelayMs) {
    throw new OptionError(`${field}.maxDelayMs`, show(maxDelayMs), `at least ${field}.baseDelayMs (${baseDelayMs} ms)`);
  }
  return config;
}

function jitterOf(jitter: Jitter | boolean): Jitter {
  if (jitter === true) return 'full';
  return jitter === false ? 'none' : jitter;
}

/** The row with the caller's numbers in the place of its own. */
export function overRow(row: Strategy, config: RetryConfig | undefined): Strategy {
  if (config === undefined) return row;
  const { maxRetries, baseDelayMs, maxDelayMs, exponentialBase, jitter } = config;
  const baseMs = baseDelayMs ?? row.baseMs;
  return {
    retries: maxRetries ?? row.retries,
    baseMs,
    // A base that is given above the row's own cap would otherwise never be waited.
    maxMs: maxDelayMs ?? Math.max(row.maxMs, baseDelayMs ?? 0),
    growth: exponentialBase ?? row.growth,
    jitter: jitter === undefined ? row.jitter : jitterOf(jitter),
  };
}
