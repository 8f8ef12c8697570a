import type { AsyncRuntime } from '../runtime.ts';

/** A sleep that took less than this share of what it was asked for was not a sleep by the runtime's own clock. */
const believable = 0.5;

/**
 * The time of policies that hold calls back: the runtime's clock, and what its sleeps have passed over. A caller may bring a sleep
 * that ends at once, or a clock that only moves in sleeps; here a wait that was slept is over, whatever the clock says.
 */
export class SleepClock {
  readonly runtime: AsyncRuntime;
  #skippedMs = 0;

  constructor(runtime: AsyncRuntime) {
    this.runtime = runtime;
  }

  /** Monotonic milliseconds. */
  now(): number {
    return this.runtime.now() + this.#skippedMs;
  }

  /** From the runtime's monotonic time to this one. */
  get skippedMs(): number {
    return this.#skippedMs;
  }

  /** Milliseconds since 1970. */
  wallClock(): number {
    return this.runtime.wallClock() + this.#skippedMs;
  }

  /** So much was slept since a time of the runtime's clock, whatever that says. */
  slept(ms: number, sinceMs: number): void {
    const passedMs = this.runtime.now() - sinceMs;
    if (passedMs < ms * believable) this.#skippedMs += ms;
  }

  /** Calls `fire` after so many milliseconds of sleep. The returned function cancels it; calling that twice is harmless. */
  wake(ms: number, fire: () => void): () => void {
    const controller = new AbortController();
    const { signal } = controller;
    const fromMs = this.runtime.now();
    const end = (): void => {
      if (signal.aborted) return;
      this.slept(ms, fromMs);
      fire();
    };
    this.runtime.sleep(ms, signal).then(end, end);
    return () => controller.abort();
  }
}
