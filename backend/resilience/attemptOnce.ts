import type { Attempt } from './attempt.ts';
import { AttemptContext } from './attemptContext.ts';
import { emit } from './emit.ts';
import type { Failure, Outcome } from './failure.ts';
import { passesOn, passOn } from './onward.ts';
import { type Exchange, type Send, signalOf, tellsLeaving } from './policy.ts';
import { setTimeLimit, type TimeLimit } from './runtime.ts';
import type { Timed } from './timerQueue.ts';

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

/** How an attempt ended, and what was made of that where somebody has asked to be told first. */
type Ended<T> = Outcome<T> | Promise<Outcome<T>>;

function ended<T>(exchange: Exchange<T>, outcome: Outcome<T>): Ended<T> {
  const { leaving } = exchange;
  if (leaving !== undefined) {
    exchange.leaving = undefined;
    leaving(exchange, outcome);
  }
  return passOn(exchange, outcome);
}

function succeeded<T>(exchange: Exchange<T>, value: T): Ended<T> {
  recordAttempt(exchange, exchange.sentAtMs, undefined);
  return ended(exchange, { ok: true, value });
}

function failed<T>(exchange: Exchange<T>, error: unknown, read = error): Ended<T> {
  const failure = exchange.options.classify(read);
  recordAttempt(exchange, exchange.sentAtMs, failure);
  return ended(exchange, { ok: false, failure, error });
}

/** How long an attempt may take, in milliseconds. Infinity: as long as it likes. */
const timeoutOf = ({ call, options, sentAtMs }: Exchange): number =>
  Math.min(options.attemptTimeoutMs, call.deadlineAtMs - sentAtMs);

function interruption(exchange: Exchange, by: 'timeout' | 'abort'): unknown {
  const { call, options } = exchange;
  if (by === 'abort') return signalOf(exchange)?.reason;
  const timeoutMs = timeoutOf(exchange);
  const { attemptTimeoutMs, limitName = 'attemptTimeoutMs' } = options;
  return timeoutMs < attemptTimeoutMs
    ? timeoutError('the call’s deadlineMs', call.deadlineAtMs - call.startedAtMs)
    : timeoutError(limitName, attemptTimeoutMs);
}

function interrupted<T>(exchange: Exchange<T>, context: AttemptContext, by: 'timeout' | 'abort'): Ended<T> {
  const error = interruption(exchange, by);
  context.stop(error);
  return failed(exchange, error, by === 'abort' ? new DOMException('The caller aborted.', 'AbortError') : error);
}

/** An attempt under way: whatever comes first ends it, once. */
class Running<T> implements Timed {
  readonly #exchange: Exchange<T>;
  readonly #context: AttemptContext;
  /** Undefined once it is over. */
  #resolve: ((ended: Ended<T>) => void) | undefined;
  #limit: TimeLimit | undefined = undefined;
  #onAbort: (() => void) | undefined = undefined;

  constructor(exchange: Exchange<T>, context: AttemptContext, resolve: (ended: Ended<T>) => void) {
    this.#exchange = exchange;
    this.#context = context;
    this.#resolve = resolve;
  }

  get isOver(): boolean {
    return this.#resolve === undefined;
  }

  get startedMs(): number {
    return this.#exchange.sentAtMs;
  }

  watch(running: PromiseLike<T>): void {
    const exchange = this.#exchange;
    const timeoutMs = timeoutOf(exchange);
    const signal = signalOf(exchange);
    if (timeoutMs < Number.POSITIVE_INFINITY) this.#limit = setTimeLimit(exchange.call.runtime, timeoutMs, this);
    if (signal !== undefined) {
      this.#onAbort = () => this.#interrupt('abort');
      signal.addEventListener('abort', this.#onAbort);
    }
    running.then(
      value => this.#end()?.(succeeded(exchange, value)),
      (error: unknown) => this.#end()?.(failed(exchange, error)),
    );
    // The work may have aborted its own call before it first waited.
    if (signal?.aborted) this.#interrupt('abort');
  }

  fire(): void {
    this.#interrupt('timeout');
  }

  #interrupt(by: 'timeout' | 'abort'): void {
    this.#end()?.(interrupted(this.#exchange, this.#context, by));
  }

  /** Leaves neither timer nor listener behind. Gives whom to tell, if it was still running. */
  #end(): ((ended: Ended<T>) => void) | undefined {
    const resolve = this.#resolve;
    if (resolve === undefined) return undefined;
    this.#resolve = undefined;
    this.#limit?.ended();
    if (this.#onAbort) signalOf(this.#exchange)?.removeEventListener('abort', this.#onAbort);
    return resolve;
  }
}

const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  value instanceof Promise || typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/**
 * The innermost step: runs the operation once, within the attempt's limits, and turns however it ends into an outcome. An
 * interrupted operation is told through its signal and no longer waited for.
 */
export const attemptOnce: Send = <T>(exchange: Exchange<T>): Promise<Outcome<T>> => {
  const { call, operation } = exchange;
  exchange.attempt += 1;
  if (exchange.ending !== undefined) exchange.ending = undefined;
  if (call.listener) emit(call, { type: 'attempt-start', exchange: exchange.number, attempt: exchange.attempt });
  // The first attempt begins with the call, unless something held it back.
  const isFirst = exchange.attempt === 1 && exchange.number === 1 && exchange.waitedMs === 0;
  exchange.sentAtMs = isFirst ? call.startedAtMs : call.runtime.now();
  const context = new AttemptContext(exchange.attempt);
  if (signalOf(exchange)?.aborted) return Promise.resolve(interrupted(exchange, context, 'abort'));
  if (timeoutOf(exchange) <= 0) return Promise.resolve(interrupted(exchange, context, 'timeout'));
  let running: T | PromiseLike<T>;
  try {
    // Called from here and not from a function of this attempt's own: an error's stack holds every function on it.
    running = operation(context, exchange);
  } catch (error) {
    return Promise.resolve(failed(exchange, error));
  }
  if (!isPromise(running)) return Promise.resolve(succeeded(exchange, running));
  const work = running;
  return new Promise(resolve => new Running(exchange, context, resolve).watch(work));
};

tellsLeaving.add(attemptOnce);
passesOn.add(attemptOnce);
