import { setImmediate as macrotask } from 'node:timers/promises';
import type { Runtime } from '../resilience/runtime.ts';

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** A runtime whose time passes only when nothing else can happen: no test sleeps. Records every wait that was asked for. */
export class VirtualRuntime implements Runtime {
  /** Every `sleep` and `sleepSync`, in milliseconds. */
  readonly sleeps: number[] = [];
  /** How many timers were set in all. */
  timersSet = 0;
  #nowMs = 1_000;
  readonly #random: () => number;
  #timers: Timer[] = [];
  readonly #startWallMs = Date.parse('2026-11-22T12:00:00Z');

  constructor(random: () => number = () => 0.5) {
    this.#random = random;
  }

  now = (): number => this.#nowMs;
  wallClock = (): number => this.#startWallMs + this.#nowMs;
  random = (): number => this.#random();

  setTimer = (ms: number, fire: () => void): (() => void) => {
    this.timersSet += 1;
    const timer = { dueMs: this.#nowMs + ms, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer);
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
    return this.#timers.length;
  }

  /** Passes time and fires what becomes due, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(); next !== undefined && next.dueMs <= endMs; next = this.#next()) this.#fire(next);
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
      await macrotask();
      if (settled) return promise;
      const next = this.#next();
      if (next === undefined) throw new Error('Nothing is left that could settle this promise.');
      this.#fire(next);
    }
  }

  #next(): Timer | undefined {
    return this.#timers.toSorted((one, other) => one.dueMs - other.dueMs)[0];
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter(other => other !== timer);
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.fire();
  }
}
