import type { Attempt } from './attempt.ts';
import { AttemptContext } from './attemptContext.ts';
import type { Failure, Outcome } from './failure.ts';
import { overBefore, waitWithin } from './limits.ts';
import { type Exchange, emit, type Send } from './policy.ts';

/** The error of an attempt that took too long, named as the platform names it. */
export function timeoutError(limit: string, ms: number): DOMException {
  return new DOMException(`No answer within ${Math.round(ms)} ms (${limit}).`, 'TimeoutError');
}

/** Writes an attempt into the call's history and tells the listener. */
export function recordAttempt(exchange: Exchange, startedMs: number, failure: Failure | undefined): void {
  const { call, number, attempt, waitedMs } = exchange;
  // A success that nobody is shown costs no look at the clock.
  if (failure === undefined && !call.keepsSuccess && call.listener === undefined) return;
  const durationMs = Math.round(call.runtime.now() - startedMs);
  const startedAtMs = Math.round(call.runtime.wallClock() - durationMs);
  const entry: Attempt =
    failure === undefined
      ? { exchange: number, attempt, startedAtMs, durationMs, waitedMs }
      : { exchange: number, attempt, startedAtMs, durationMs, waitedMs, failure };
  // Neither pushed nor spread into room for sixteen: thousands of calls may wait with one attempt each.
  call.attempts = call.attempts.length === 0 ? [entry] : call.attempts.concat(entry);
  if (call.listener === undefined) return;
  emit(call, { type: 'attempt-end', exchange: number, attempt, durationMs, ...(failure && { failure }) });
}

function interruption({ call, options }: Exchange, by: 'timeout' | 'abort', timeoutMs: number): unknown {
  if (by === 'abort') return call.signal?.reason;
  const { attemptTimeoutMs, limitName = 'attemptTimeoutMs' } = options;
  return timeoutMs < attemptTimeoutMs
    ? timeoutError('the call’s deadlineMs', call.deadlineAtMs - call.startedAtMs)
    : timeoutError(limitName, attemptTimeoutMs);
}

function failed(exchange: Exchange, startedMs: number, error: unknown, read = error): Outcome<never> {
  const failure = exchange.options.classify(read);
  recordAttempt(exchange, startedMs, failure);
  return { ok: false, failure, error };
}

/**
 * The innermost step: runs the operation once, within the attempt's limits, and turns however it ends into an outcome. An
 * interrupted operation is told through its signal and no longer waited for.
 */
export const attemptOnce: Send = async <T>(exchange: Exchange<T>): Promise<Outcome<T>> => {
  const { call, operation, options } = exchange;
  exchange.attempt += 1;
  if (call.listener) emit(call, { type: 'attempt-start', exchange: exchange.number, attempt: exchange.attempt });
  // The first attempt begins with the call, unless something held it back.
  const isFirst = exchange.attempt === 1 && exchange.number === 1 && exchange.waitedMs === 0;
  const startedMs = isFirst ? call.startedAtMs : call.runtime.now();
  exchange.sentAtMs = startedMs;
  const timeoutMs = Math.min(options.attemptTimeoutMs, call.deadlineAtMs - startedMs);
  const context = new AttemptContext(exchange.attempt);
  const limits = { runtime: call.runtime, timeoutMs, signal: call.signal, nowMs: startedMs };
  try {
    // Called from here and not from a function of this attempt's own: an error's stack holds every function on it.
    const end = overBefore(limits) ?? (await waitWithin(limits, operation(context, exchange)));
    if (end.by === 'work') {
      recordAttempt(exchange, startedMs, undefined);
      return { ok: true, value: end.value };
    }
    const error = interruption(exchange, end.by, timeoutMs);
    context.stop(error);
    const read = end.by === 'abort' ? new DOMException('The caller aborted.', 'AbortError') : error;
    return failed(exchange, startedMs, error, read);
  } catch (error) {
    return failed(exchange, startedMs, error);
  }
};
