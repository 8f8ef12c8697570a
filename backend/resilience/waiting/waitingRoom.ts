import type { Failed, Refuser } from '../failure.ts';
import { type Exchange, signalOf } from '../policy.ts';
import type { AsyncRuntime } from '../runtime.ts';
import { AbortWatch } from './abortWatch.ts';
import { Alarm } from './alarm.ts';
import { type Waiting, WaitingLine } from './waitingLine.ts';

/** An exchange that waits, and what it is told: what it waited for, or that it failed. */
export interface Waiter<T> extends Waiting {
  readonly exchange: Exchange;
  readonly sinceMs: number;
  readonly resolve: (told: T | Failed) => void;
}

/** Deadlines of those who wait are looked at together, this often, in milliseconds. */
const deadlineGrainMs = 250;

/** What an exchange is told that its caller has aborted. */
export function abortedWhileWaiting(exchange: Exchange): Failed {
  const failure = exchange.options.classify(new DOMException('The caller aborted.', 'AbortError'));
  return { ok: false, failure, error: signalOf(exchange)?.reason };
}

/** Where exchanges wait: in order, each until it is let in, its caller aborts, or its deadline is here. */
export class WaitingRoom<T> {
  readonly #runtime: AsyncRuntime;
  readonly #line = new WaitingLine<Waiter<T>>();
  readonly #aborts = new AbortWatch<Waiter<T>>(waiter => this.#leave(waiter, abortedWhileWaiting(waiter.exchange)));
  readonly #refuse: (exchange: Exchange) => Failed;
  readonly #alarm: Alarm;

  /** @param refuse what an exchange is told whose deadline is here; absent: its last failure, refused by the deadline */
  constructor(runtime: AsyncRuntime, refuse: (exchange: Exchange) => Failed = lateFor) {
    this.#runtime = runtime;
    this.#refuse = refuse;
    this.#alarm = new Alarm(runtime, () => this.#dropLate());
  }

  get length(): number {
    return this.#line.length;
  }

  get first(): Waiter<T> | undefined {
    return this.#line.first;
  }

  /** Resolves with what the exchange is let in with, else with how it failed. Never rejects. */
  wait(exchange: Exchange): Promise<T | Failed> {
    const { call } = exchange;
    const signal = signalOf(exchange);
    if (signal?.aborted) return Promise.resolve(abortedWhileWaiting(exchange));
    return new Promise(resolve => {
      const waiter: Waiter<T> = {
        // Others may be waiting for that very place, and nobody gets on before they do.
        priority: exchange.standing?.hasPlace ? Number.POSITIVE_INFINITY : (call.priority ?? 0),
        isRetry: exchange.attempt > 0,
        gone: false,
        ...{ exchange, sinceMs: this.#runtime.now(), resolve },
      };
      this.#line.push(waiter);
      if (signal) this.#aborts.add(signal, waiter);
      this.#watch(call.deadlineAtMs);
    });
  }

  /** Takes out who is next: the caller resolves it. */
  shift(): Waiter<T> | undefined {
    const waiter = this.#line.shift();
    if (waiter === undefined) return undefined;
    this.#forget(waiter);
    waiter.exchange.waitedMs += Math.round(this.#runtime.now() - waiter.sinceMs);
    if (this.#line.length === 0) this.#alarm.clear();
    return waiter;
  }

  /** Lets those go, in the order of their turns, for whom there is a refusal. */
  refuse(refusal: (exchange: Exchange) => Failed | undefined): void {
    for (const waiter of this.#line) {
      const refused = refusal(waiter.exchange);
      if (refused !== undefined) this.#leave(waiter, refused);
    }
  }

  #leave(waiter: Waiter<T>, failed: Failed): void {
    this.#line.leave(waiter);
    this.#forget(waiter);
    if (this.#line.length === 0) this.#alarm.clear();
    waiter.resolve(failed);
  }

  #forget(waiter: Waiter<T>): void {
    const signal = signalOf(waiter.exchange);
    if (signal) this.#aborts.remove(signal, waiter);
  }

  #watch(deadlineAtMs: number): void {
    if (deadlineAtMs < this.#alarm.atMs) this.#alarm.set(deadlineAtMs, this.#runtime.now());
  }

  #dropLate(): void {
    const nowMs = this.#runtime.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const waiter of this.#line) {
      const { deadlineAtMs } = waiter.exchange.call;
      if (deadlineAtMs > nowMs + deadlineGrainMs) nextMs = Math.min(nextMs, deadlineAtMs);
      else this.#leave(waiter, this.#refuse(waiter.exchange));
    }
    this.#watch(nextMs);
  }
}

/** The failure that made us hold an exchange back, or one that says so where there was none. */
export function lateFor(exchange: Exchange, refusedBy: Refuser = 'deadline'): Failed {
  const lastFailed = exchange.standing?.lastFailed;
  if (lastFailed !== undefined) return { ...lastFailed, failure: { ...lastFailed.failure, refusedBy } };
  const message = 'The service is overloaded, and the deadline came before this call’s turn.';
  return {
    ok: false,
    error: new Error(message),
    failure: {
      errorClass: 'server',
      reason: 'overloaded',
      retryable: true,
      delivery: 'unsent',
      refusedBy,
      rule: 'concurrency-limit',
      evidence: 'the line of calls that wait',
      message,
      advice: 'Send less at once, allow more time, or use another model.',
    },
  };
}
