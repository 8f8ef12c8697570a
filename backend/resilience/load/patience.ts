import type { Call } from '../policy.ts';

/** So long trouble is taken for an outage, which is waited out, and for what goes on longer it is not. In milliseconds. */
const longestMs = 120_000;

/** Nobody waits for the end of an outage for more than this share of the time that a call has. */
const share = 1 / 5;

/** Who has less patience than this sees the end of no outage, in milliseconds. */
const shortMs = 6_000;

/** So many are served one after the other by a service that is well. */
const wellAfter = 8;

/**
 * How long trouble is taken for an outage by somebody who has so long, in milliseconds.
 * @param servedWell how many were served before anything failed. What fails from the first, when little is asked, fails by chance: it
 * is not drowning, and no outage has begun. Who has little time does not wait for what that may come to.
 */
export function patienceOf({ deadlineAtMs, startedAtMs }: Call, servedWell = wellAfter): number {
  const patienceMs = Math.min(longestMs, (deadlineAtMs - startedAtMs) * share);
  return patienceMs * Math.min(1, Math.max(patienceMs / shortMs, servedWell / wellAfter));
}

/** A time that suits the longest patience, for one that is shorter. In milliseconds. */
export const scaled = (ms: number, patienceMs: number): number => (ms * patienceMs) / longestMs;
