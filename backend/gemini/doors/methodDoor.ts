import { timeoutError } from '../../resilience/attemptOnce.ts';
import type { Failed } from '../../resilience/failure.ts';
import { withinLimits } from '../../resilience/limits.ts';
import { remainingMs } from '../../resilience/policy.ts';
import { GeminiError, type GeminiErrorDetails } from '../geminiError.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { noteBroken } from '../seam/resuming.ts';
import { classifyCaught, seamErrorIn } from '../seam/seamError.ts';
import { errorOf, tellEnd } from './callEnd.ts';

const none = Number.POSITIVE_INFINITY;

function failedBy(error: unknown): Failed {
  return { ok: false, failure: classifyCaught(error), error };
}

/** The one error of a failed call, and the end of its story for the listener. `of`: what more is known of it. */
export function ended(call: GeminiCall, error: unknown, of?: (failed: Failed) => Partial<GeminiErrorDetails>): unknown {
  const seamError = seamErrorIn(error);
  const failed = seamError?.failed ?? failedBy(error);
  if (seamError !== undefined && seamError.exchange === undefined) noteBroken(call, failed);
  tellEnd(call, failed);
  const thrown = errorOf(call, failed, seamError?.exchange);
  if (of === undefined || !(thrown instanceof GeminiError)) return thrown;
  const { failure, attempts, retryAt, cause } = thrown;
  return new GeminiError({ failure, attempts, cause, ...of(failed), ...(retryAt && { retryAt }) });
}

/**
 * Waits for the official client, but no longer than the call may take: it does not see an abort while one of the caller's own
 * tools runs. The seam bounds everything that is sent.
 */
export function bounded<T>(call: GeminiCall, runsTools: boolean, work: () => Promise<T>): Promise<T> {
  return call.signal === undefined && !runsTools ? work() : interruptible(call, runsTools, work);
}

function interruptible<T>(call: GeminiCall, runsTools: boolean, work: () => Promise<T>): Promise<T> {
  return withinMs(call, runsTools ? remainingMs(call) : none, work);
}

/**
 * Waits for work of a call that only the call's own limits bound.
 * @param timeoutMs what the deadline leaves to it; Infinity: no limit
 * @throws the signal's own reason, or an error that is read as a timeout
 */
export async function withinMs<T>(call: GeminiCall, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const { runtime, signal } = call;
  const end = await withinLimits({ runtime, signal, timeoutMs }, work);
  if (end.by === 'work') return end.value;
  if (end.by === 'abort') throw signal?.reason;
  throw timeoutError('the call’s deadlineMs', call.limits.deadlineMs);
}

/** A call with one answer: how to get it, and how to show it. */
export interface Work<R, T> {
  /** Asks the official client. */
  readonly work: () => Promise<R>;
  /** Makes our result of the client's. */
  readonly shape: (response: R) => T;
  /** Whether functions of the caller's own run in between. @default false */
  readonly runsTools?: boolean;
}

/**
 * The door of a call with one answer.
 * @throws GeminiError, or the caller's own reason where the call was aborted
 */
export async function answer<R, T>(call: GeminiCall, { work, shape, runsTools = false }: Work<R, T>): Promise<T> {
  try {
    const value = shape(await bounded(call, runsTools, work));
    tellEnd(call);
    return value;
  } catch (error) {
    throw ended(call, error);
  }
}
