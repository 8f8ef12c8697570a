import { type BreakerOptions, breakerRanges } from '../../resilience/breaker/breakerOptions.ts';
import { checkNumber, checkOneOf, type NumberRange, OptionError, show } from '../../resilience/optionError.ts';
import { type CallLimits, limitRanges } from './callLimits.ts';
import { type RetryOptions, retryRanges } from './retryConfig.ts';

/** Environment variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  /** The option that it sets. */
  readonly option: string;
  readonly range: NumberRange;
  /** From the variable's unit to the option's. */
  readonly convert?: (value: number) => number;
  /** The variable's unit, for the documentation. */
  readonly unit: string;
}

const seconds = { unit: 'seconds', convert: (value: number) => value * 1000 };
const inSeconds = ({ min, max, infinity = false }: NumberRange): NumberRange => ({
  min: min / 1000,
  max: max / 1000,
  infinity,
  unit: 's',
});

/**
 * Retry settings from the environment. An alias of another tool keeps that tool's unit. Of several names for one option the lower
 * in the list wins: RETRY_, then LLM_, then our own.
 */
export const retryVariables: Readonly<Record<string, Variable>> = {
  RETRY_MAX_ATTEMPTS: {
    option: 'maxRetries',
    range: { min: 1, max: 1001, integer: true },
    unit: 'attempts, the first included',
    convert: value => value - 1,
  },
  LLM_MAX_RETRIES: { option: 'maxRetries', range: retryRanges.maxRetries, unit: 'retries' },
  RETRY_INITIAL_DELAY: { option: 'baseDelayMs', range: inSeconds(retryRanges.baseDelayMs), ...seconds },
  LLM_RETRY_INITIAL_DELAY: { option: 'baseDelayMs', range: inSeconds(retryRanges.baseDelayMs), ...seconds },
  RETRY_MAX_DELAY: { option: 'maxDelayMs', range: inSeconds(retryRanges.maxDelayMs), ...seconds },
  RETRY_BACKOFF_FACTOR: { option: 'exponentialBase', range: retryRanges.exponentialBase, unit: 'factor' },
  LLM_RETRY_BACKOFF_FACTOR: { option: 'exponentialBase', range: retryRanges.exponentialBase, unit: 'factor' },
  LLM_RETRY_MAX_DELAY: { option: 'maxDelayMs', range: inSeconds(retryRanges.maxDelayMs), ...seconds },
  GEMINI_RETRY_MAX_RETRIES: { option: 'maxRetries', range: retryRanges.maxRetries, unit: 'retries' },
  GEMINI_RETRY_BASE_DELAY_MS: { option: 'baseDelayMs', range: retryRanges.baseDelayMs, unit: 'ms' },
  GEMINI_RETRY_MAX_DELAY_MS: { option: 'maxDelayMs', range: retryRanges.maxDelayMs, unit: 'ms' },
  GEMINI_RETRY_EXPONENTIAL_BASE: { option: 'exponentialBase', range: retryRanges.exponentialBase, unit: 'factor' },
};

const threshold = { option: 'failureThreshold', range: breakerRanges.failureThreshold, unit: 'failures in a row' };
const recovery = { option: 'recoveryTimeoutMs', range: breakerRanges.recoveryTimeoutMs };

/** Settings of the circuit breaker from the environment. */
export const breakerVariables: Readonly<Record<string, Variable>> = {
  CIRCUIT_BREAKER_THRESHOLD: threshold,
  CIRCUIT_BREAKER_TIMEOUT: { ...recovery, range: inSeconds(recovery.range), ...seconds },
  GEMINI_BREAKER_FAILURE_THRESHOLD: threshold,
  GEMINI_BREAKER_RECOVERY_TIMEOUT_MS: { ...recovery, unit: 'ms' },
};

/** Time limits from the environment. */
export const limitVariables: Readonly<Record<string, Variable>> = {
  LLM_TIMEOUT: { option: 'deadlineMs', range: inSeconds(limitRanges.deadlineMs), ...seconds },
  GEMINI_DEADLINE_MS: { option: 'deadlineMs', range: limitRanges.deadlineMs, unit: 'ms' },
  GEMINI_ATTEMPT_TIMEOUT_MS: { option: 'attemptTimeoutMs', range: limitRanges.attemptTimeoutMs, unit: 'ms' },
  GEMINI_FIRST_CHUNK_TIMEOUT_MS: { option: 'firstChunkTimeoutMs', range: limitRanges.firstChunkTimeoutMs, unit: 'ms' },
  GEMINI_IDLE_TIMEOUT_MS: { option: 'idleTimeoutMs', range: limitRanges.idleTimeoutMs, unit: 'ms' },
  GEMINI_HEDGE_AFTER_MS: { option: 'hedgeAfterMs', range: limitRanges.hedgeAfterMs, unit: 'ms' },
  GEMINI_TOTAL_TIMEOUT_MS: { option: 'totalTimeoutMs', range: limitRanges.totalTimeoutMs, unit: 'ms' },
};

/** Set to one of `full`, `equal`, `none`, `true`, `false`. */
export const jitterVariable = 'GEMINI_RETRY_JITTER';

function readNumbers(environment: Environment, variables: Readonly<Record<string, Variable>>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, { option, range, convert }] of Object.entries(variables)) {
    const text = environment[name]?.trim();
    if (text === undefined || text === '') continue;
    const value = Number(text);
    // A text that is no number is shown as it was written, not as NaN.
    const checked = checkNumber(name, Number.isNaN(value) ? text : value, range);
    found[option] = convert ? convert(checked) : checked;
  }
  return found;
}

const jitterWords = ['full', 'equal', 'none', 'true', 'false'] as const;

/** @throws OptionError that names the variable, its value and the allowed range */
export function retryFromEnvironment(environment: Environment): RetryOptions {
  const numbers: RetryOptions = readNumbers(environment, retryVariables);
  const { baseDelayMs, maxDelayMs } = numbers;
  if (baseDelayMs !== undefined && maxDelayMs !== undefined && maxDelayMs < baseDelayMs) {
    const names = ['GEMINI_RETRY_MAX_DELAY_MS', 'LLM_RETRY_MAX_DELAY', 'RETRY_MAX_DELAY'] as const;
    const name = names.find(one => environment[one]) ?? names[0];
    throw new OptionError(
      name,
      `${show(environment[name])} (${maxDelayMs} ms)`,
      `at least the base delay (${baseDelayMs} ms)`,
    );
  }
  const word = environment[jitterVariable]?.trim();
  if (word === undefined || word === '') return numbers;
  const jitter = checkOneOf(jitterVariable, word, jitterWords);
  return { ...numbers, jitter: jitter === 'true' ? 'full' : jitter === 'false' ? 'none' : jitter };
}

/** The breaker's settings over those of the environment. @throws OptionError that names the variable, its value and the range */
export function breakerOver<T extends BreakerOptions | false | undefined>(environment: Environment, given: T) {
  return given === false ? given : { ...readNumbers(environment, breakerVariables), ...given };
}

/** @throws OptionError that names the variable, its value and the allowed range */
export function limitsFromEnvironment(environment: Environment): CallLimits {
  return readNumbers(environment, limitVariables);
}

/** The process's own environment; empty where the platform has none. */
export function processEnvironment(): Environment {
  return typeof process === 'undefined' ? {} : process.env;
}
