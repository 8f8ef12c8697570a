import type { Jitter, Strategy } from './strategy.ts';

/** A wait before chance is applied: the delay is `floorMs + random × spreadMs`. */
export interface Wait {
  readonly floorMs: number;
  readonly spreadMs: number;
}

const floorShare: Readonly<Record<Jitter, number>> = { full: 0, equal: 0.5, none: 1 };

/** Share of a floor that is spread out above it, and what is added to that, so that waiters do not wake together. */
const spreadShare = 0.1;
const spreadAddedMs = 250;

const spreadAbove = ({ baseMs, jitter }: Strategy, floorMs: number): number =>
  jitter === 'none' ? 0 : Math.min(baseMs, spreadShare * floorMs + spreadAddedMs);

/**
 * The wait that the strategy computes: `min(base × growth^k, max)`, where k is the number of retries of this class so far; or base × (k + 1).
 * @param floored the whole of `base` is waited in any case: for a spent quota, where an early attempt is a wasted one
 */
export function backoffWait(strategy: Strategy, retriesSoFar: number, floored: boolean): Wait {
  const { baseMs, maxMs, growth, jitter } = strategy;
  const factor = growth === 'linear' ? retriesSoFar + 1 : growth ** retriesSoFar;
  const fullMs = Math.min(baseMs * factor, maxMs);
  const floorMs = fullMs * floorShare[jitter];
  const leastMs = Math.min(baseMs, maxMs);
  if (!floored || floorMs >= leastMs) return { floorMs, spreadMs: fullMs - floorMs };
  return { floorMs: leastMs, spreadMs: Math.max(fullMs - leastMs, spreadAbove(strategy, leastMs)) };
}

/** The wait that the server stated: a floor that nothing shortens, with a small spread above it. */
export function statedWait(strategy: Strategy, retryAfterMs: number): Wait {
  return { floorMs: retryAfterMs, spreadMs: spreadAbove(strategy, retryAfterMs) };
}
