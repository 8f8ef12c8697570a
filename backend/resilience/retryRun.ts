import { type Decision, decide } from './decide.ts';
import { emit } from './emit.ts';
import type { Failed, Failure } from './failure.ts';
import { type Exchange, remainingMs } from './policy.ts';
import type { Strategy } from './strategy.ts';

/** What the retry policy is told. */
export interface RetryOptions {
  /** The row that answers this failure. `verdict`: what a rule of the user's own said of it. */
  readonly strategyFor: (failure: Failure, verdict: Verdict) => Strategy;
  /** Rules of the user's own, asked before the table. */
  readonly verdict?: ((failure: Failure, error: unknown) => Verdict) | undefined;
  /** Does the error come from a call of ours that has already done its retries? */
  readonly alreadyRetried?: ((error: unknown) => boolean) | undefined;
  /** Does the error come from a request inside that may not be sent again although it may have been carried out? */
  readonly unrepeatable?: ((error: unknown) => boolean) | undefined;
  /** Retries after ambiguous failures, over the whole call. Infinity: not counted. */
  readonly maxAmbiguousRetries: number;
}

/** What a rule of the user's own says of a failure; undefined: nothing. */
export type Verdict = 'retry' | 'give-up' | undefined;

/** Waits of an hour and more are stated for what comes back then, although nobody waits for it in a call. */
const longWaitMs = 3_600_000;

/** Retries so far that answered a failure of this class: what failed so in this exchange before the last attempt. */
function retriesOf({ call, number }: Exchange, { errorClass }: Failure): number {
  let failures = 0;
  for (const { exchange, failure, requeued } of call.attempts) {
    if (exchange === number && failure?.errorClass === errorClass && !requeued) failures += 1;
  }
  return failures - 1;
}

/** How many of its attempts used up no retry. */
const requeuesOf = ({ call, number }: Exchange): number =>
  call.attempts.filter(({ exchange, requeued }) => exchange === number && requeued).length;

/** The retries of one exchange, from its first failure on: decides, tells, but does not wait. */
export class RetryRun {
  /** The last failure; once there is no further attempt, how the exchange ended. */
  last: Failed;
  readonly #exchange: Exchange;
  readonly #options: RetryOptions;

  constructor(exchange: Exchange, options: RetryOptions, first: Failed) {
    this.last = first;
    this.#exchange = exchange;
    this.#options = options;
  }

  /** May there be another attempt? If so, the exchange says how long to wait before it. Never throws. */
  next(failed: Failed): boolean {
    this.last = failed;
    const { standing } = this.#exchange;
    if (standing) standing.lastFailed = failed;
    if (this.#exchange.call.signal?.aborted) return false;
    try {
      return this.#decide(failed);
    } catch (error) {
      // What the user's retryOn or giveUpOn throws ends the exchange like a failure of its own.
      this.last = { ok: false, failure: this.#exchange.options.classify(error), error };
      return false;
    }
  }

  #decide(failed: Failed): boolean {
    const { strategy, decision } = this.#judge(failed);
    if (decision.action === 'give-up') {
      this.#giveUp(failed, decision);
      return false;
    }
    if (decision.action === 'requeue') this.#requeue(failed.failure);
    else this.#count(failed.failure, decision, strategy);
    if (this.#exchange.standing) this.#exchange.standing.requeue = undefined;
    return true;
  }

  #judge({ failure, error }: Failed): { strategy: Strategy; decision: Decision } {
    const { call, repeatable } = this.#exchange;
    const { verdict: rule, strategyFor, alreadyRetried, unrepeatable, maxAmbiguousRetries } = this.#options;
    const verdict = rule?.(failure, error);
    const strategy = strategyFor(failure, verdict);
    const decision = decide({
      failure,
      strategy,
      verdict,
      alreadyRetried: alreadyRetried?.(error),
      retriesOfThisClass: retriesOf(this.#exchange, failure),
      retriesInTotal: this.#exchange.attempt - 1 - requeuesOf(this.#exchange),
      requeue: this.#exchange.standing?.requeue,
      outageWaitMs: this.#exchange.standing?.outageWaitMs,
      ambiguousRetriesLeft: maxAmbiguousRetries - call.ambiguousRetries,
      repeatable: repeatable && !unrepeatable?.(error),
      remainingMs: remainingMs(call),
      random: call.runtime.random(),
    });
    return { strategy, decision };
  }

  /** Goes back to the policy that will hold it. */
  #requeue(failure: Failure): void {
    const { call, number, attempt } = this.#exchange;
    this.#exchange.waitedMs = 0;
    this.#markFree();
    if (call.listener) emit(call, { type: 'requeue', exchange: number, attempt, failure });
  }

  /** The last attempt used up no retry. */
  #markFree(): void {
    const { call, number, attempt } = this.#exchange;
    call.attempts = call.attempts.map(one =>
      one.exchange === number && one.attempt === attempt ? { ...one, requeued: true } : one,
    );
  }

  #giveUp(failed: Failed, { because, delayMs }: Extract<Decision, { action: 'give-up' }>): void {
    const { call, number, attempt } = this.#exchange;
    const { failure } = failed;
    const backMs = delayMs ?? failure.retryAfterMs;
    // A short wait is stated even where waiting does not help; a long one is when it comes back.
    const isAdvice = failure.retryable || (backMs ?? 0) >= longWaitMs;
    // Who refused knows better when it makes sense again.
    if (backMs !== undefined && isAdvice && failure.refusedBy === undefined)
      this.#exchange.retryAtMs = call.runtime.wallClock() + backMs;
    if (because === 'deadline-too-near') this.last = { ...failed, failure: { ...failure, refusedBy: 'deadline' } };
    if (call.listener) emit(call, { type: 'give-up', exchange: number, attempt, because, failure });
  }

  #count(failure: Failure, decision: Extract<Decision, { action: 'retry' }>, strategy: Strategy): void {
    const { delayMs, source, isFree } = decision;
    const { call, number, attempt } = this.#exchange;
    if (failure.delivery === 'ambiguous') call.ambiguousRetries += 1;
    this.#exchange.waitedMs = Math.ceil(delayMs);
    const left = isFree ? Number.POSITIVE_INFINITY : strategy.retries - retriesOf(this.#exchange, failure);
    const attemptsAllowed = attempt + left;
    if (isFree) this.#markFree();
    if (call.listener === undefined) return;
    const deadlineLeftMs = remainingMs(call);
    const facts = { exchange: number, attempt, attemptsAllowed, delayMs, source, failure, deadlineLeftMs };
    emit(call, { type: 'retry-wait', ...facts });
  }
}
