/** A virtual clock for hundreds of thousands of timers: those of one moment fire together, and setting one costs a logarithm. */

import { setImmediate as macrotask } from 'node:timers/promises';
import type { Runtime } from '../../resilience/wholeRuntime.ts';

interface Timer {
  readonly dueMs: number;
  readonly number: number;
  fire: (() => void) | undefined;
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.number < other.number);
}

class Heap {
  readonly #timers: Timer[] = [];

  get first(): Timer | undefined {
    return this.#timers[0];
  }

  add(timer: Timer): void {
    const timers = this.#timers;
    let place = timers.push(timer) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = timers[above] as Timer;
      if (!isBefore(timer, parent)) break;
      timers[place] = parent;
      place = above;
    }
    timers[place] = timer;
  }

  removeFirst(): void {
    const timers = this.#timers;
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      const [left, right] = [timers[below], timers[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below += 1;
      const child = timers[below] as Timer;
      if (!isBefore(child, last)) break;
      timers[place] = child;
      place = below;
    }
    timers[place] = last;
  }
}

/** A runtime whose time passes only when nothing else can happen. */
export class HeapTime implements Runtime {
  #nowMs = 0;
  #set = 0;
  readonly #heap = new Heap();
  readonly #startWallMs: number;

  /** @param isoTime the wall clock at the start */
  constructor(isoTime = '2026-03-02T12:00:00Z') {
    this.#startWallMs = Date.parse(isoTime);
  }

  now = (): number => this.#nowMs;
  wallClock = (): number => this.#startWallMs + this.#nowMs;
  random = (): number => 0.5;

  setTimer = (ms: number, fire: () => void): (() => void) => {
    const timer: Timer = { dueMs: this.#nowMs + ms, number: this.#set++, fire };
    this.#heap.add(timer);
    return () => {
      timer.fire = undefined;
    };
  };

  sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return Promise.resolve();
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
    this.#nowMs += ms;
  };

  /** Lets time pass until the promise settles. Fails where nothing is left that could settle it. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    for (;;) {
      await macrotask();
      if (settled) return promise;
      if (!this.#fireNext()) throw new Error('Nothing is left that could settle this promise.');
    }
  }

  /** Fires all timers of the next moment at which there are any. */
  #fireNext(): boolean {
    let momentMs: number | undefined;
    for (let next = this.#heap.first; next !== undefined; next = this.#heap.first) {
      if (next.fire !== undefined && momentMs !== undefined && next.dueMs > momentMs) break;
      this.#heap.removeFirst();
      if (next.fire === undefined) continue;
      momentMs = next.dueMs;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.fire();
    }
    return momentMs !== undefined;
  }
}
