import { type Call, remainingMs } from '../policy.ts';

/** A service that is out is asked again after so long, or this share of the time that it has been out for, in milliseconds. */
const leastMs = 3_600;
const share = 0.06;
const mostMs = 60_000;

/** Never after more than this share of the time that is left. */
const shareOfRest = 1 / 8;

/** That share shrinks with every wait: not below this one of the whole time, and not below so many milliseconds. */
const shareOfWhole = 1 / 16;
const floorMs = 2_000;

/**
 * How long a call waits at least before it asks a service again that is out: so soon is its recovery noticed. In milliseconds.
 * @param outageMs for how long the service has served nobody
 */
export function outageWaitMs(outageMs: number, call: Call): number {
  const wholeMs = call.deadlineAtMs - call.startedAtMs;
  const longestMs = Math.max(remainingMs(call) * shareOfRest, Math.min(floorMs, wholeMs * shareOfWhole));
  return Math.min(mostMs, longestMs, Math.max(leastMs, share * outageMs));
}
