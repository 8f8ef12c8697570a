import { checkSignal, type NumberRange } from './optionError.ts';
import { checkGiven } from './optionRules.ts';

/** Time limits of a call, in milliseconds. `Infinity` switches one off. */
export interface CallLimits {
  /** Waits and attempts until the answer, or until a stream's first content. 1 to 86,400,000, or Infinity. @default 600_000 */
  readonly deadlineMs?: number | undefined;
  /** One attempt, until its answer or a stream's headers. 1 to 86,400,000, or Infinity. @default 300_000 */
  readonly attemptTimeoutMs?: number | undefined;
  /** From sending until a stream's first content. 1 to 86,400,000, or Infinity. @default 120_000 */
  readonly firstChunkTimeoutMs?: number | undefined;
  /** Between two chunks of a stream. 1 to 86,400,000, or Infinity. @default 60_000 */
  readonly idleTimeoutMs?: number | undefined;
  /** A whole stream, however busily it produces. 1 to 86,400,000, or Infinity. @default Infinity */
  readonly totalTimeoutMs?: number | undefined;
  /**
   * After so long without an answer, or a stream's first content, the request is sent a second time if the quota has room to spare;
   * the first answer counts, and both may be billed. 1 to 86,400,000, or Infinity. @default Infinity
   */
  readonly hedgeAfterMs?: number | undefined;
}

/** The limits that hold for a call. Infinity: none. */
export type ResolvedLimits = { readonly [K in keyof CallLimits]-?: number };

/** The server bounds a whole answer at ten minutes and a stream at twenty (doc comment of the SDK's dispatcher). */
export const defaultLimits = {
  deadlineMs: 600_000,
  attemptTimeoutMs: 300_000,
  firstChunkTimeoutMs: 120_000,
  idleTimeoutMs: 60_000,
  totalTimeoutMs: Number.POSITIVE_INFINITY,
  hedgeAfterMs: Number.POSITIVE_INFINITY,
} as const satisfies ResolvedLimits;

/** Milliseconds that a limit may have. */
export const limitRange: NumberRange = { min: 1, max: 86_400_000, infinity: true, unit: 'ms' };

/** What each limit may be. */
export const limitRanges = {
  deadlineMs: limitRange,
  attemptTimeoutMs: limitRange,
  firstChunkTimeoutMs: limitRange,
  idleTimeoutMs: limitRange,
  totalTimeoutMs: limitRange,
  hedgeAfterMs: limitRange,
} as const satisfies Record<keyof CallLimits, NumberRange>;

/** The names of the limits. */
export const limitNames = Object.keys(limitRanges) as readonly (keyof CallLimits)[];

/** Checks each limit that is given. @throws OptionError */
export function checkLimits(prefix: string, options: CallLimits): CallLimits {
  checkGiven(prefix, options, limitRanges);
  return options;
}

/** The limits that hold when `layers` are laid over the defaults, lowest first. */
export function mergeLimits(layers: readonly CallLimits[]): ResolvedLimits {
  const merged: Record<keyof CallLimits, number> = { ...defaultLimits };
  for (const layer of layers) {
    for (const name of limitNames) merged[name] = layer[name] ?? merged[name];
  }
  return merged;
}

/** Checks a caller's signal, if there is one. @throws OptionError */
export function checkCallSignal(prefix: string, signal: unknown): void {
  if (signal !== undefined) checkSignal(`${prefix}signal`, signal);
}
