import type { Call } from '../policy.ts';

/** So long trouble is taken for an outage, which is waited out, and for what goes on longer it is not. In milliseconds. */
const longestMs = 120_000;

/** Nobody waits for the end of an outage for more than this share of the time that a call has. */
const share = 1 / 5;

/** How long trouble is taken for an outage by somebody who has so long, in milliseconds. */
export const patienceOf = ({ deadlineAtMs, startedAtMs }: Call): number =>
  Math.min(longestMs, (deadlineAtMs - startedAtMs) * share);

/** A time that suits the longest patience, for one that is shorter. In milliseconds. */
export const scaled = (ms: number, patienceMs: number): number => (ms * patienceMs) / longestMs;
