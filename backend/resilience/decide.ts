import { backoffWait, statedWait } from './backoff.ts';
import type { GiveUpCause } from './events.ts';
import type { Failure } from './failure.ts';
import type { Standing } from './standing.ts';
import type { Strategy } from './strategy.ts';

/**
 * Retries of one exchange in all, whatever its classes: a failure that changes its class cannot go on for ever. A row that
 * was given more retries than this keeps them.
 */
export const maxRetriesInTotal = 10;

/** A wait for a service that is out is up to this share longer, so that those who wait do not come back together. */
const outageSpread = 0.22;

/** Everything that a decision depends on. */
export interface Situation {
  readonly failure: Failure;
  /** The row that answers this failure. */
  readonly strategy: Strategy;
  /** What a rule of the user's own said of this failure, if one matched. */
  readonly verdict?: 'retry' | 'give-up' | undefined;
  /** The failure comes from a call of ours that has already done its retries. */
  readonly alreadyRetried?: boolean | undefined;
  /** No retry is used up: the gate will hold the exchange back by itself, or the service is in trouble for everybody. */
  readonly requeue?: Standing['requeue'];
  /** How long to wait at least for a service that is out, in milliseconds. */
  readonly outageWaitMs?: number | undefined;
  readonly retriesOfThisClass: number;
  readonly retriesInTotal: number;
  /** Retries after ambiguous failures that the call may still spend. Infinity where they are not counted. */
  readonly ambiguousRetriesLeft: number;
  /** May the request be sent again although the first may have been carried out? False for what creates something. */
  readonly repeatable: boolean;
  /** Milliseconds until the deadline; Infinity where there is none. */
  readonly remainingMs: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** What to do next, and why. */
export type Decision =
  /** Back to the gate, which will hold it. */
  | { readonly action: 'requeue' }
  | {
      readonly action: 'retry';
      readonly delayMs: number;
      readonly source: 'server' | 'backoff';
      /** Does it use up no retry? */
      readonly isFree: boolean;
    }
  | {
      readonly action: 'give-up';
      readonly because: GiveUpCause /** How long the refused wait would have been. */;
      readonly delayMs?: number;
    };

function refusal(situation: Situation): GiveUpCause | undefined {
  const { failure, strategy, verdict } = situation;
  if (verdict === 'give-up') return 'given-up-by-rule';
  if (failure.refusedBy !== undefined) return 'refused';
  if (situation.alreadyRetried && verdict !== 'retry') return 'already-retried';
  if (!failure.retryable && verdict !== 'retry') return 'not-retryable';
  // Who wants no retry is not sent again by way of a policy either.
  if (strategy.retries === 0) return 'retries-spent';
  if (!situation.requeue && situation.retriesOfThisClass >= strategy.retries) return 'retries-spent';
  if (!situation.requeue && situation.retriesInTotal >= Math.max(maxRetriesInTotal, strategy.retries))
    return 'total-retries-spent';
  if (failure.delivery === 'ambiguous') {
    if (!situation.repeatable) return 'not-repeatable';
    if (situation.ambiguousRetriesLeft <= 0) return 'ambiguous-retries-spent';
  }
  return undefined;
}

/** What to do about a failure. Pure: the same situation gives the same decision. */
export function decide(situation: Situation): Decision {
  const because = refusal(situation);
  if (because !== undefined) return { action: 'give-up', because };
  const { failure, strategy, retriesOfThisClass, random, remainingMs } = situation;
  const stated = failure.retryAfterMs;
  const { floorMs, spreadMs } =
    stated === undefined
      ? backoffWait(strategy, retriesOfThisClass, failure.errorClass === 'quota')
      : statedWait(strategy, stated);
  const { outageWaitMs = 0, requeue } = situation;
  const isOutage = requeue === 'outage' && stated === undefined;
  const delayMs = isOutage ? outageWaitMs * (1 + random * outageSpread) : floorMs + random * spreadMs;
  if (delayMs >= remainingMs) return { action: 'give-up', because: 'deadline-too-near', delayMs };
  if (requeue === 'gate') return { action: 'requeue' };
  const source = stated === undefined ? 'backoff' : 'server';
  return { action: 'retry', delayMs, source, isFree: requeue !== undefined };
}
