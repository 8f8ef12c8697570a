import type { Jitter, Strategy } from './strategy.ts';

/** A wait before chance is applied: the delay is `floorMs + random × spreadMs`. */
export interface Wait {
  readonly floorMs: number;
  readonly spreadMs: number;
}

const floorShare: Readonly<Record<Jitter, number>> = { full: 0, equal: 0.5, none: 1 };

/**
 * The wait that the strategy computes: `min(base × growth^k, max)`, where k is the number of retries of this class so far.
 * @param floored the whole of `base` is waited in any case: for a spent quota, where an early attempt is a wasted one
 */
export function backoffWait(strategy: Strategy, retriesSoFar: number, floored: boolean): Wait {
  const { baseMs, maxMs, growth, jitter } = strategy;
  const fullMs = Math.min(baseMs * growth ** retriesSoFar, maxMs);
  const floorMs = Math.max(fullMs * floorShare[jitter], floored ? Math.min(baseMs, maxMs) : 0);
  return { floorMs, spreadMs: fullMs - floorMs };
}

/** Share of a stated wait that is spread out, and what is added to it, so that waiters do not wake together. */
const statedSpreadShare = 0.1;
const statedSpreadMs = 250;

/** The wait that the server stated: a floor that nothing shortens, with a small spread above it. */
export function statedWait(strategy: Strategy, retryAfterMs: number): Wait {
  const spreadMs = Math.min(strategy.baseMs, statedSpreadShare * retryAfterMs + statedSpreadMs);
  return { floorMs: retryAfterMs, spreadMs: strategy.jitter === 'none' ? 0 : spreadMs };
}
