import { type NumberRange, OptionError, show } from '../optionError.ts';
import { checkOptions } from '../optionRules.ts';

/** Opens the circuit when too large a share of recent requests failed. */
export interface BreakerWindow {
  /** How far back requests are counted, to a tenth of it, in milliseconds. From 100 to 86,400,000. @default 10_000 */
  readonly durationMs: number;
  /** Fewer requests than this within the window say nothing. An integer from 1 to 1,000,000. @default 20 */
  readonly minimumVolume: number;
  /** The share of failures that opens the circuit. From 0.01 to 1. @default 0.5 */
  readonly failureRatio: number;
  /**
   * A success that took this long counts as a failure; of a stream, until its first content. In milliseconds from 1 to 86,400,000,
   * or Infinity: none does. @default Infinity
   */
  readonly slowCallMs: number;
}

/** What a circuit breaker goes by. The circuit opens when either rule says so: so many failures in a row, or the window. */
export interface BreakerSettings {
  /** Failures in a row that open the circuit. An integer from 1 to 1,000,000, or Infinity: never for that reason. @default 5 */
  readonly failureThreshold: number;
  /** The longest time between two rounds of probes, in milliseconds from 1 to 86,400,000. @default 60_000 */
  readonly recoveryTimeoutMs: number;
  /** Probes that must succeed before the circuit closes. An integer from 1 to 1,000. @default 2 */
  readonly successThreshold: number;
  /** Probes under way at the same time. An integer from 1 to 1,000. @default 1 */
  readonly halfOpenProbes: number;
  /** What a request does that comes while the circuit is open: end at once, or wait until it is let through. @default 'fail' */
  readonly whenOpen: 'fail' | 'wait';
  /**
   * How long after the opening the first probe is let through, in milliseconds from 1 to `recoveryTimeoutMs`. It doubles with each
   * round that fails, up to `recoveryTimeoutMs`. Infinity: as long as that from the start. @default Infinity
   */
  readonly probeIntervalMs: number;
  /** How long a probe that does not end keeps others from being sent, in milliseconds from 1 to 86,400,000. @default 60_000 */
  readonly probeLeaseMs: number;
  /** Absent: only failures in a row count. @default undefined */
  readonly window: BreakerWindow | undefined;
}

/** Settings of a circuit breaker. What is left out takes its default. */
export type BreakerOptions = {
  readonly [K in keyof BreakerSettings as K extends 'window' ? never : K]?: BreakerSettings[K] | undefined;
} & {
  /** The window's numbers, each with its default; false: no window. */
  readonly window?: { readonly [K in keyof BreakerWindow]?: BreakerWindow[K] | undefined } | false | undefined;
};

/** A window's numbers where nothing else is said. */
export const windowDefaults: BreakerWindow = Object.freeze({
  durationMs: 10_000,
  minimumVolume: 20,
  failureRatio: 0.5,
  slowCallMs: Number.POSITIVE_INFINITY,
});

/** Of a breaker that stands alone: what circuit breakers are known for. */
export const breakerDefaults: BreakerSettings = Object.freeze({
  failureThreshold: 5,
  recoveryTimeoutMs: 60_000,
  successThreshold: 2,
  halfOpenProbes: 1,
  whenOpen: 'fail',
  probeIntervalMs: Number.POSITIVE_INFINITY,
  probeLeaseMs: 60_000,
  window: undefined,
});

/**
 * Of a breaker inside a client, which is there to finish the work: a few lost requests among many open nothing, requests wait, and
 * the end of an outage is noticed within 5 s.
 */
export const clientBreakerDefaults: BreakerSettings = Object.freeze({
  ...breakerDefaults,
  failureThreshold: Number.POSITIVE_INFINITY,
  recoveryTimeoutMs: 4_000,
  probeIntervalMs: 2_000,
  // A probe that hangs must not hide for a minute that the service is back.
  probeLeaseMs: 10_000,
  whenOpen: 'wait',
  window: windowDefaults,
});

const durationMs: NumberRange = { min: 1, max: 86_400_000, unit: 'milliseconds' };
const count: NumberRange = { min: 1, max: 1_000, integer: true };
const manyCount: NumberRange = { min: 1, max: 1_000_000, integer: true };

/** What each number may be. */
export const breakerRanges = {
  failureThreshold: { ...manyCount, infinity: true },
  recoveryTimeoutMs: durationMs,
  successThreshold: count,
  halfOpenProbes: count,
  probeIntervalMs: { ...durationMs, infinity: true },
  probeLeaseMs: durationMs,
} as const satisfies Partial<Record<keyof BreakerSettings, NumberRange>>;

/** What each number of a window may be. */
export const windowRanges = {
  durationMs: { ...durationMs, min: 100 },
  minimumVolume: manyCount,
  failureRatio: { min: 0.01, max: 1 },
  slowCallMs: { ...durationMs, infinity: true },
} as const satisfies Record<keyof BreakerWindow, NumberRange>;

const rules = {
  ...breakerRanges,
  whenOpen: ['fail', 'wait'],
  window: (field: string, value: unknown) => value === false || checkOptions(field, value, windowRanges),
};

/** Checks the settings of a breaker; `field` is the name that the caller knows them by. @throws OptionError */
export function checkBreakerOptions(field: string, value: unknown): BreakerOptions {
  const options = checkOptions<BreakerOptions>(field, value, rules);
  const { probeIntervalMs, recoveryTimeoutMs } = options;
  if (probeIntervalMs === undefined || probeIntervalMs === Number.POSITIVE_INFINITY) return options;
  if (recoveryTimeoutMs !== undefined && probeIntervalMs > recoveryTimeoutMs) {
    const allowed = `no longer than ${field}.recoveryTimeoutMs, which is ${recoveryTimeoutMs}`;
    throw new OptionError(`${field}.probeIntervalMs`, show(probeIntervalMs), allowed);
  }
  return options;
}

function given<T extends object>(defaults: T, options: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const entries = Object.entries(options).filter(([name, value]) => value !== undefined && name in defaults);
  return { ...defaults, ...Object.fromEntries(entries) };
}

/** The settings that checked options stand for. */
export function resolveBreaker(
  options: BreakerOptions = {},
  defaults: BreakerSettings = breakerDefaults,
): BreakerSettings {
  const { window, ...numbers } = options;
  const settings = given(defaults, numbers);
  const { probeIntervalMs, recoveryTimeoutMs } = settings;
  return {
    ...settings,
    probeIntervalMs: Math.min(probeIntervalMs, recoveryTimeoutMs),
    window: window === false ? undefined : window ? given(defaults.window ?? windowDefaults, window) : defaults.window,
  };
}
