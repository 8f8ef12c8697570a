import { type Decision, decide } from './decide.ts';
import type { ErrorClass, Failure, Outcome } from './failure.ts';
import { type Exchange, emit, remainingMs } from './policy.ts';
import type { Strategy } from './strategy.ts';

/** What the retry policy is told. */
export interface RetryOptions {
  /** The row that answers this failure. `verdict`: what a rule of the user's own said of it. */
  readonly strategyFor: (failure: Failure, verdict: Verdict) => Strategy;
  /** Rules of the user's own, asked before the table. */
  readonly verdict?: ((failure: Failure, error: unknown) => Verdict) | undefined;
  /** Does the error come from a call of ours that has already done its retries? */
  readonly alreadyRetried?: ((error: unknown) => boolean) | undefined;
  /** Retries after ambiguous failures, over the whole call. Infinity: not counted. */
  readonly maxAmbiguousRetries: number;
}

/** What a rule of the user's own says of a failure; undefined: nothing. */
export type Verdict = 'retry' | 'give-up' | undefined;

/** An outcome that failed. */
export type Failed = Extract<Outcome<unknown>, { ok: false }>;

/** The retries of one exchange, from its first failure on: counts, decides, tells, but does not wait. */
export class RetryRun {
  /** How the exchange ended, where that differs from its last attempt's outcome. */
  end: Failed | undefined;
  readonly #exchange: Exchange;
  readonly #options: RetryOptions;
  readonly #retries: Partial<Record<ErrorClass, number>> = {};
  #retriesInTotal = 0;

  constructor(exchange: Exchange, options: RetryOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  /** How long to wait before the next attempt, in milliseconds. Undefined: there is none. */
  next(failed: Failed): number | undefined {
    const { strategy, decision } = this.#judge(failed);
    if (decision.action === 'give-up') {
      this.#giveUp(failed, decision);
      return undefined;
    }
    this.#count(failed.failure, decision, strategy);
    return decision.delayMs;
  }

  #judge({ failure, error }: Failed): { strategy: Strategy; decision: Decision } {
    const { call, repeatable } = this.#exchange;
    const { verdict: rule, strategyFor, alreadyRetried, maxAmbiguousRetries } = this.#options;
    const verdict = rule?.(failure, error);
    const strategy = strategyFor(failure, verdict);
    const decision = decide({
      failure,
      strategy,
      verdict,
      alreadyRetried: alreadyRetried?.(error),
      retriesOfThisClass: this.#retries[failure.errorClass] ?? 0,
      retriesInTotal: this.#retriesInTotal,
      ambiguousRetriesLeft: maxAmbiguousRetries - call.ambiguousRetries,
      repeatable,
      remainingMs: remainingMs(call),
      random: call.runtime.random(),
    });
    return { strategy, decision };
  }

  #giveUp(failed: Failed, { because, delayMs }: Extract<Decision, { action: 'give-up' }>): void {
    const { call, number, attempt } = this.#exchange;
    const { failure } = failed;
    const backMs = delayMs ?? failure.retryAfterMs;
    if (backMs !== undefined) this.#exchange.retryAtMs = call.runtime.wallClock() + backMs;
    if (because === 'deadline-too-near') this.end = { ...failed, failure: { ...failure, refusedBy: 'deadline' } };
    if (call.listener) emit(call, { type: 'give-up', exchange: number, attempt, because, failure });
  }

  #count(failure: Failure, { delayMs, source }: Extract<Decision, { action: 'retry' }>, strategy: Strategy): void {
    const { call, number, attempt } = this.#exchange;
    const before = this.#retries[failure.errorClass] ?? 0;
    this.#retries[failure.errorClass] = before + 1;
    this.#retriesInTotal += 1;
    if (failure.delivery === 'ambiguous') call.ambiguousRetries += 1;
    this.#exchange.waitedMs = delayMs;
    if (call.listener === undefined) return;
    const attemptsAllowed = attempt + strategy.retries - before;
    const deadlineLeftMs = remainingMs(call);
    const facts = { exchange: number, attempt, attemptsAllowed, delayMs, source, failure, deadlineLeftMs };
    emit(call, { type: 'retry-wait', ...facts });
  }
}
