import { endCall } from '../../resilience/emit.ts';
import type { Failed } from '../../resilience/failure.ts';
import type { Call, Exchange } from '../../resilience/policy.ts';
import { GeminiError, isGeminiError } from '../geminiError.ts';
import { nextPacificMidnight } from '../pacificMidnight.ts';
import type { GeminiFailure } from '../reasons.ts';

/**
 * What a failed call is rejected with: the caller's own abort reason as it is, an inner call's GeminiError as it is, and else
 * one GeminiError with the whole history.
 */
export function errorOf(call: Call, { failure, error }: Failed, exchange?: Exchange): unknown {
  if (call.signal?.aborted) return call.signal.reason;
  if (isGeminiError(error)) return error;
  const isSpentToday = failure.reason === 'quota-per-day';
  const nowMs = call.runtime.wallClock();
  // A stream that broke after its first content has no exchange that gave up, and nothing that decided.
  const stated = exchange === undefined && failure.retryable ? failure.retryAfterMs : undefined;
  const backAtMs = stated === undefined ? exchange?.retryAtMs : nowMs + stated;
  const retryAtMs = isSpentToday ? nextPacificMidnight(nowMs) : backAtMs;
  return new GeminiError({
    failure: failure as GeminiFailure,
    attempts: call.attempts,
    cause: error,
    ...(retryAtMs !== undefined && Number.isFinite(retryAtMs) && { retryAt: dateOf(retryAtMs) }),
  });
}

/** The latest time that a Date can hold, in milliseconds since 1970: servers state waits of centuries. */
const latestDateMs = 8_640_000_000_000_000;

const dateOf = (ms: number): Date => new Date(Math.min(ms, latestDateMs));

/** Tells the listener how the call ended. */
export function tellEnd(call: Call, failed?: Failed): void {
  if (failed === undefined) endCall(call, 'success');
  else if (call.signal?.aborted) endCall(call, 'aborted');
  else endCall(call, 'failure', failed.failure);
}
