import type { Call } from '../policy.ts';
import { AbortWatch } from '../waiting/abortWatch.ts';

/** How a wait for a circuit ended: with a permit; with none, because it could not come in time; or by the caller. */
export type WaitEnd = number | 'too-late' | 'abort';

/** One that waits. */
export interface Waiter {
  /** For whom, where that is a call. */
  readonly call: Call | undefined;
  readonly signal: AbortSignal | undefined;
  /** On the runtime's monotonic clock. Infinity: none. */
  readonly deadlineAtMs: number;
  /** Told once how the wait ended. Must not throw. */
  ended(how: WaitEnd): void;
}

/** How often those whose deadline has passed are looked for, at most, in milliseconds: each look goes through the whole line. */
const sweepEveryMs = 50;

/** Those who wait for one circuit, in the order of their coming. Entering and leaving cost the same however many wait. */
export class CircuitLine {
  readonly #waiters = new Set<Waiter>();
  readonly #aborts = new AbortWatch<Waiter>(waiter => this.end(waiter, 'abort'));
  readonly #onEmpty: () => void;
  /** No deadline is earlier. */
  #earliestMs = Number.POSITIVE_INFINITY;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  /** @param onEmpty told when the last one has left */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** When the next deadline is to be looked at. Infinity: never. */
  get sweepAtMs(): number {
    return Math.max(this.#earliestMs, this.#sweptAtMs + sweepEveryMs);
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#earliestMs = Math.min(this.#earliestMs, waiter.deadlineAtMs);
    if (waiter.signal !== undefined) this.#aborts.add(waiter.signal, waiter);
  }

  end(waiter: Waiter, how: WaitEnd): void {
    if (!this.#waiters.delete(waiter)) return;
    if (waiter.signal !== undefined) this.#aborts.remove(waiter.signal, waiter);
    if (this.#waiters.size === 0) {
      this.#earliestMs = Number.POSITIVE_INFINITY;
      this.#onEmpty();
    }
    waiter.ended(how);
  }

  /** Gives permits to those in front, until there is none. */
  serve(permitFor: (call: Call | undefined) => number | undefined): void {
    for (const waiter of this.#waiters) {
      const permit = permitFor(waiter.call);
      if (permit === undefined) return;
      this.end(waiter, permit);
    }
  }

  /** Ends the wait of those who have to be served before `untilMs` and cannot be. */
  expire(untilMs: number, nowMs: number): void {
    if (this.#earliestMs > untilMs) return;
    this.#sweptAtMs = nowMs;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters) {
      if (waiter.deadlineAtMs <= untilMs) this.end(waiter, 'too-late');
      else earliestMs = Math.min(earliestMs, waiter.deadlineAtMs);
    }
    this.#earliestMs = earliestMs;
  }
}
