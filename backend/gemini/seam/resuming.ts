import { decide } from '../../resilience/decide.ts';
import { emit } from '../../resilience/emit.ts';
import type { Failed } from '../../resilience/failure.ts';
import type { GeminiCall } from './geminiCall.ts';

/** Writes into the history that the last attempt, which had succeeded as far as an attempt goes, broke later. */
export function noteBroken(call: GeminiCall, { failure }: Failed): void {
  const last = call.attempts.at(-1);
  if (last !== undefined) call.attempts = [...call.attempts.slice(0, -1), { ...last, failure }];
}

/** A stream of the call broke after its first content. */
export function breakOff(call: GeminiCall, failed: Failed): void {
  noteBroken(call, failed);
  // What joins texts knows by itself whether something new came.
  const before = call.joinsText ? (call.broken?.times ?? 0) : 0;
  call.broken = { failed, times: before + 1, misfits: call.broken?.misfits };
}

/**
 * Before a request that goes on with a broken stream: waits as the strategy of its failure says, and gives the call a new deadline,
 * as for a first content.
 * @returns how the call has failed, where it is not to go on
 */
export async function beforeGoingOn(call: GeminiCall): Promise<Failed | undefined> {
  const { broken, retries, runtime, signal, limits } = call;
  if (broken === undefined || retries === undefined) return undefined;
  const { failed, times } = broken;
  const { failure } = failed;
  const before = Math.max(0, times - 1);
  call.deadlineAtMs = runtime.now() + limits.deadlineMs;
  const decision = decide({
    failure,
    strategy: retries.strategyFor(failure, undefined),
    retriesOfThisClass: before,
    retriesInTotal: before,
    ambiguousRetriesLeft: retries.maxAmbiguousRetries - call.ambiguousRetries,
    repeatable: true,
    remainingMs: limits.deadlineMs,
    random: runtime.random(),
  });
  if (decision.action === 'give-up') return failed;
  const delayMs = decision.action === 'retry' ? decision.delayMs : 0;
  if (failure.delivery === 'ambiguous') call.ambiguousRetries += 1;
  const { times: resumes = 0, tokensSpentAgain = 0 } = call.resumed ?? {};
  call.resumed = { times: resumes + 1, tokensSpentAgain };
  if (call.listener) emit(call, { type: 'resume', times, delayMs, failure });
  await runtime.sleep(delayMs, signal);
  return undefined;
}
