import { emit } from './emit.ts';
import type { Outcome } from './failure.ts';
import type { Exchange, Policy, Send } from './policy.ts';

/** Why the slower of two is ended. Its caller never sees it. */
const outrun = new DOMException('The other of two requests was answered first.', 'AbortError');

/** One of the two sendings. */
interface Runner<T> {
  readonly exchange: Exchange<T>;
  readonly controller: AbortController;
  isOver: boolean;
}

/** The same exchange sent at most twice at once: the first answer counts, the other sending is ended. */
class Race<T> {
  readonly #exchange: Exchange<T>;
  readonly #next: Send;
  readonly #resolve: (outcome: Outcome<T>) => void;
  readonly #runners: Runner<T>[] = [];
  #cancelTimer: (() => void) | undefined;
  #firstFailed: Outcome<T> | undefined;

  constructor(exchange: Exchange<T>, next: Send, resolve: (outcome: Outcome<T>) => void) {
    this.#exchange = exchange;
    this.#next = next;
    this.#resolve = resolve;
  }

  begin(afterMs: number, hasSlack: (exchange: Exchange) => boolean): void {
    const { call } = this.#exchange;
    call.signal?.addEventListener('abort', this);
    this.#cancelTimer = call.runtime.setTimer(afterMs, () => {
      if (call.signal?.aborted || !hasSlack(this.#exchange)) return;
      emit(call, { type: 'hedge', exchange: this.#exchange.number, afterMs });
      // Whatever becomes of this one, only the first is sent again, and only its place is kept for that.
      this.#run({ ...this.#exchange, standing: undefined, mayRetry: false });
    });
    this.#run(this.#exchange);
  }

  /** The caller has aborted. */
  handleEvent(): void {
    for (const { controller } of this.#runners) controller.abort(this.#exchange.call.signal?.reason);
  }

  #run(exchange: Exchange<T>): void {
    const controller = new AbortController();
    exchange.signal = controller.signal;
    const runner: Runner<T> = { exchange, controller, isOver: false };
    this.#runners.push(runner);
    this.#next(exchange).then(outcome => this.#ended(runner, outcome));
  }

  #ended(runner: Runner<T>, outcome: Outcome<T>): void {
    runner.isOver = true;
    const others = this.#runners.filter(({ isOver }) => !isOver);
    if (!outcome.ok && others.length > 0 && !this.#exchange.call.signal?.aborted) {
      this.#firstFailed = outcome;
      return;
    }
    this.#cancelTimer?.();
    this.#exchange.call.signal?.removeEventListener('abort', this);
    for (const { controller } of others) controller.abort(outrun);
    const { exchange } = runner;
    // What is read of an exchange afterwards is read of the one that was begun.
    this.#exchange.attempt = Math.max(...this.#runners.map(one => one.exchange.attempt));
    this.#exchange.ending = exchange.ending;
    delete this.#exchange.signal;
    // The first may have failed, and kept its place for a retry that is not needed.
    if (outcome.ok) this.#exchange.standing?.leavePlace?.();
    this.#resolve(outcome.ok ? outcome : (this.#firstFailed ?? outcome));
  }
}

/**
 * Sends an exchange that has no answer after `hedgeAfterMs` a second time, as long as there is quota to spare; the slower of the two
 * is ended. For calls whose slowest hundredth matters more than their price: both may be billed.
 * @param hasSlack whether a second sending takes nothing from others
 */
export const hedge =
  (hasSlack: (exchange: Exchange) => boolean): Policy =>
  next =>
  exchange => {
    const { hedgeAfterMs = Number.POSITIVE_INFINITY } = exchange.options;
    if (hedgeAfterMs === Number.POSITIVE_INFINITY || !exchange.repeatable) return next(exchange);
    return new Promise(resolve => new Race(exchange, next, resolve).begin(hedgeAfterMs, hasSlack));
  };
