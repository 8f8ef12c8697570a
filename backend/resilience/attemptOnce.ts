import type { Attempt } from './attempt.ts';
import { AttemptContext } from './attemptContext.ts';
import { emit } from './emit.ts';
import type { Failure, Outcome } from './failure.ts';
import { type Exchange, type Send, signalOf, tellsLeaving } from './policy.ts';

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

/** Tells who has asked to be told first. */
function left<O extends Outcome<unknown>>(exchange: Exchange, outcome: O): O {
  const { standing } = exchange;
  const leaving = standing?.leaving;
  if (standing === undefined || leaving === undefined) return outcome;
  standing.leaving = undefined;
  leaving(outcome);
  return outcome;
}

function succeeded<T>(exchange: Exchange<T>, value: T): Outcome<T> {
  recordAttempt(exchange, exchange.sentAtMs, undefined);
  return left(exchange, { ok: true, value });
}

function failed(exchange: Exchange, error: unknown, read = error): Outcome<never> {
  const failure = exchange.options.classify(read);
  recordAttempt(exchange, exchange.sentAtMs, failure);
  return left(exchange, { ok: false, failure, error });
}

function interruption(exchange: Exchange, by: 'timeout' | 'abort', timeoutMs: number): unknown {
  const { call, options } = exchange;
  if (by === 'abort') return signalOf(exchange)?.reason;
  const { attemptTimeoutMs, limitName = 'attemptTimeoutMs' } = options;
  return timeoutMs < attemptTimeoutMs
    ? timeoutError('the call’s deadlineMs', call.deadlineAtMs - call.startedAtMs)
    : timeoutError(limitName, attemptTimeoutMs);
}

function interrupted(
  exchange: Exchange,
  context: AttemptContext,
  by: 'timeout' | 'abort',
  timeoutMs: number,
): Outcome<never> {
  const error = interruption(exchange, by, timeoutMs);
  context.stop(error);
  return failed(exchange, error, by === 'abort' ? new DOMException('The caller aborted.', 'AbortError') : error);
}

/** An attempt under way: whatever comes first ends it, once. */
class Running<T> {
  readonly #exchange: Exchange<T>;
  readonly #context: AttemptContext;
  readonly #timeoutMs: number;
  readonly #resolve: (outcome: Outcome<T>) => void;
  #isOver = false;
  #cancelTimer: (() => void) | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    exchange: Exchange<T>,
    context: AttemptContext,
    timeoutMs: number,
    resolve: (outcome: Outcome<T>) => void,
  ) {
    this.#exchange = exchange;
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#resolve = resolve;
  }

  watch(running: PromiseLike<T>): void {
    const { call, sentAtMs } = this.#exchange;
    const { runtime } = call;
    const signal = signalOf(this.#exchange);
    if (this.#timeoutMs < Number.POSITIVE_INFINITY) {
      this.#cancelTimer = runtime.setTimer(this.#timeoutMs, () => this.#interrupt('timeout'), sentAtMs);
    }
    if (signal !== undefined) {
      this.#onAbort = () => this.#interrupt('abort');
      signal.addEventListener('abort', this.#onAbort);
    }
    running.then(
      value => {
        if (this.#end()) this.#resolve(succeeded(this.#exchange, value));
      },
      (error: unknown) => {
        if (this.#end()) this.#resolve(failed(this.#exchange, error));
      },
    );
    // The work may have aborted its own call before it first waited.
    if (signal?.aborted) this.#interrupt('abort');
  }

  #interrupt(by: 'timeout' | 'abort'): void {
    if (this.#end()) this.#resolve(interrupted(this.#exchange, this.#context, by, this.#timeoutMs));
  }

  /** Leaves neither timer nor listener behind. Was it still running? */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#cancelTimer?.();
    if (this.#onAbort) signalOf(this.#exchange)?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  value instanceof Promise || typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/**
 * The innermost step: runs the operation once, within the attempt's limits, and turns however it ends into an outcome. An
 * interrupted operation is told through its signal and no longer waited for.
 */
export const attemptOnce: Send = <T>(exchange: Exchange<T>): Promise<Outcome<T>> => {
  const { call, operation, options } = exchange;
  exchange.attempt += 1;
  if (exchange.ending !== undefined) exchange.ending = undefined;
  if (call.listener) emit(call, { type: 'attempt-start', exchange: exchange.number, attempt: exchange.attempt });
  // The first attempt begins with the call, unless something held it back.
  const isFirst = exchange.attempt === 1 && exchange.number === 1 && exchange.waitedMs === 0;
  exchange.sentAtMs = isFirst ? call.startedAtMs : call.runtime.now();
  const timeoutMs = Math.min(options.attemptTimeoutMs, call.deadlineAtMs - exchange.sentAtMs);
  const context = new AttemptContext(exchange.attempt);
  if (signalOf(exchange)?.aborted) return Promise.resolve(interrupted(exchange, context, 'abort', timeoutMs));
  if (timeoutMs <= 0) return Promise.resolve(interrupted(exchange, context, 'timeout', timeoutMs));
  let running: T | PromiseLike<T>;
  try {
    // Called from here and not from a function of this attempt's own: an error's stack holds every function on it.
    running = operation(context, exchange);
  } catch (error) {
    return Promise.resolve(failed(exchange, error));
  }
  if (!isPromise(running)) return Promise.resolve(succeeded(exchange, running));
  const work = running;
  return new Promise(resolve => new Running(exchange, context, timeoutMs, resolve).watch(work));
};

tellsLeaving.add(attemptOnce);
