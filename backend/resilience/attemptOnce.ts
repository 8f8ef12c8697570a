import type { Attempt } from './attempt.ts';
import { AttemptContext } from './attemptContext.ts';
import type { Failure, Outcome } from './failure.ts';
import { withinLimits } from './limits.ts';
import { type Call, type Exchange, emit, type Send } from './policy.ts';

/** What bounds and reads one attempt. */
export interface AttemptOptions {
  /** Reads a caught value, once. Total: never throws. */
  readonly classify: (error: unknown) => Failure;
  /** Longest time for one attempt, in milliseconds. Infinity: only the deadline bounds it. */
  readonly attemptTimeoutMs: number;
  /** The name of that limit as its setter knows it. @default 'attemptTimeoutMs' */
  readonly limitName?: string | undefined;
}

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
  // Not pushed: an array makes room for sixteen when it grows, and thousands of calls may wait with one attempt each.
  call.attempts = [...call.attempts, entry];
  if (call.listener === undefined) return;
  emit(call, { type: 'attempt-end', exchange: number, attempt, durationMs, ...(failure && { failure }) });
}

function interruption(call: Call, by: 'timeout' | 'abort', options: AttemptOptions, timeoutMs: number): unknown {
  if (by === 'abort') return call.signal?.reason;
  const { attemptTimeoutMs, limitName = 'attemptTimeoutMs' } = options;
  return timeoutMs < attemptTimeoutMs
    ? timeoutError('the call’s deadlineMs', call.deadlineAtMs - call.startedAtMs)
    : timeoutError(limitName, attemptTimeoutMs);
}

/**
 * The innermost step: runs the operation once, within the attempt's limits, and turns however it ends into an outcome. An
 * interrupted operation is told through its signal and no longer waited for.
 */
export function attemptOnce<T>(
  operation: (context: AttemptContext, exchange: Exchange) => T | Promise<T>,
  options: AttemptOptions,
): Send<T> {
  const { classify, attemptTimeoutMs } = options;
  return async exchange => {
    const { call } = exchange;
    exchange.attempt += 1;
    if (call.listener) emit(call, { type: 'attempt-start', exchange: exchange.number, attempt: exchange.attempt });
    // The first attempt begins with the call.
    const isFirst = exchange.attempt === 1 && exchange.number === 1;
    const startedMs = isFirst ? call.startedAtMs : call.runtime.now();
    const timeoutMs = Math.min(attemptTimeoutMs, call.deadlineAtMs - startedMs);
    const context = new AttemptContext(exchange.attempt);
    const limits = { runtime: call.runtime, timeoutMs, signal: call.signal, nowMs: startedMs };
    const fail = (error: unknown, failure: Failure): Outcome<never> => {
      recordAttempt(exchange, startedMs, failure);
      return { ok: false, failure, error };
    };
    try {
      const end = await withinLimits(limits, () => operation(context, exchange));
      if (end.by === 'work') {
        recordAttempt(exchange, startedMs, undefined);
        return { ok: true, value: end.value };
      }
      const error = interruption(call, end.by, options, timeoutMs);
      context.stop(error);
      return fail(error, classify(end.by === 'abort' ? new DOMException('The caller aborted.', 'AbortError') : error));
    } catch (error) {
      return fail(error, classify(error));
    }
  };
}
