import { setImmediate as macrotask } from 'node:timers/promises';
import type { Runtime } from '../resilience/wholeRuntime.ts';

interface Timer {
  readonly dueMs: number;
  /** Timers of the same time fire in the order of their setting. */
  readonly number: number;
  readonly fire: () => void;
  cancelled: boolean;
}

const isBefore = (one: Timer, other: Timer): boolean =>
  one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.number < other.number);

/** Timers by the time they are due: a binary heap, because simulations set hundreds of thousands. */
class TimerHeap {
  readonly #heap: Timer[] = [];

  push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    for (let up = (at - 1) >> 1; at > 0 && isBefore(timer, heap[up] as Timer); up = (at - 1) >> 1) {
      heap[at] = heap[up] as Timer;
      at = up;
    }
    heap[at] = timer;
  }

  get first(): Timer | undefined {
    while (this.#heap[0]?.cancelled) this.#pop();
    return this.#heap[0];
  }

  shift(): Timer | undefined {
    const { first } = this;
    if (first !== undefined) this.#pop();
    return first;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1] as Timer, heap[down] as Timer)) down += 1;
      if (!isBefore(heap[down] as Timer, last)) break;
      heap[at] = heap[down] as Timer;
      at = down;
    }
    heap[at] = last;
  }
}

/** A runtime whose time passes only when nothing else can happen: no test sleeps. Records every wait that was asked for. */
export class VirtualRuntime implements Runtime {
  /** Every `sleep` and `sleepSync`, in milliseconds. */
  readonly sleeps: number[] = [];
  /** How many timers were set in all. */
  timersSet = 0;
  #nowMs = 1_000;
  readonly #random: () => number;
  readonly #timers = new TimerHeap();
  #waiting = 0;
  readonly #startWallMs = Date.parse('2026-11-22T12:00:00Z');

  readonly #quiet: () => Promise<unknown>;

  /** @param quiet resolves when nothing but time can go on: where there is a disk, it is waited for as well */
  constructor(random: () => number = () => 0.5, quiet: () => Promise<unknown> = macrotask) {
    this.#random = random;
    this.#quiet = quiet;
  }

  now = (): number => this.#nowMs;
  wallClock = (): number => this.#startWallMs + this.#nowMs;
  random = (): number => this.#random();

  setTimer = (ms: number, fire: () => void): (() => void) => {
    this.timersSet += 1;
    const timer: Timer = { dueMs: this.#nowMs + ms, number: this.timersSet, fire, cancelled: false };
    this.#timers.push(timer);
    this.#waiting += 1;
    return () => {
      if (timer.cancelled) return;
      timer.cancelled = true;
      this.#waiting -= 1;
    };
  };

  sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    this.sleeps.push(ms);
    return new Promise(resolve => {
      const end = (): void => {
        cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.setTimer(ms, end);
      signal?.addEventListener('abort', end);
    });
  };

  sleepSync = (ms: number): void => {
    this.sleeps.push(ms);
    this.#nowMs += ms;
  };

  /** Timers that are set and have neither fired nor been cancelled. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Passes time and fires what becomes due, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#timers.first; next !== undefined && next.dueMs <= endMs; next = this.#timers.first)
      this.#fire();
    this.#nowMs = endMs;
  }

  /** Lets time pass until the promise settles. Fails where nothing is left that could settle it. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    for (;;) {
      await this.#quiet();
      if (settled) return promise;
      if (this.#timers.first === undefined) throw new Error('Nothing is left that could settle this promise.');
      this.#fire();
    }
  }

  #fire(): void {
    const timer = this.#timers.shift();
    if (timer === undefined) return;
    timer.cancelled = true;
    this.#waiting -= 1;
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.fire();
  }
}
