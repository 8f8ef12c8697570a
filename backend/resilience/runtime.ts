import { checkFunction, checkIsObject } from './optionError.ts';
import { longestTimerMs, queueOf, setSystemTimer, startTimer } from './systemTimers.ts';
import type { Timed, TimerQueue } from './timerQueue.ts';

/** The one door to time and chance. Nothing else in the project may ask a clock, draw a number or set a timer. */

/** Clock, chance, sleep and timers: all that what waits without blocking needs. */
export interface AsyncRuntime {
  /** Monotonic milliseconds; compare only with other values from here. */
  now(): number;
  /** Milliseconds since 1970 in UTC, for what a person or a server reads: `retryAt`, HTTP dates, daily resets. */
  wallClock(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `fire` once after `ms`. The returned function cancels it; calling that twice is harmless.
   * @param nowMs what `now()` has just said, where the caller knows it: asking the clock costs as much as the timer
   */
  setTimer(ms: number, fire: () => void, nowMs?: number): () => void;
}

function systemSleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted) return Promise.resolve();
  // The shortest way, because thousands of calls may wait at once and each holds what its wait is made of.
  if (signal === undefined && ms <= longestTimerMs) return new Promise(resolve => setTimeout(resolve, ms));
  return new Promise(resolve => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = startTimer(ms, end);
    signal?.addEventListener('abort', end);
  });
}

/** The platform’s own, as far as it does not block. */
export const asyncSystemRuntime: AsyncRuntime = Object.freeze({
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random: () => Math.random(),
  sleep: systemSleep,
  setTimer: setSystemTimer,
});

/** A time limit that has been set: ended once, whether it fired or not. */
export type TimeLimit = Pick<TimerQueue, 'ended'>;

/** Sets a limit for what is itself its timer: that is done for everything that is sent, and must not cost objects of its own. */
export function setTimeLimit(runtime: AsyncRuntime, ms: number, timed: Timed): TimeLimit {
  if (runtime.setTimer !== setSystemTimer) {
    return { ended: runtime.setTimer(ms, () => timed.fire(), timed.startedMs) };
  }
  const queue = queueOf(ms);
  queue.add(timed);
  return queue;
}

/** A timer that does not keep the process alive, where it is the system's. The returned function cancels it. */
export function setIdleTimer(runtime: AsyncRuntime, ms: number, fire: () => void): () => void {
  if (runtime.setTimer !== setSystemTimer) return runtime.setTimer(ms, fire);
  const timer = startTimer(ms, fire);
  timer.hold(false);
  return timer.cancel;
}

/** Checks that it is whole, as far as it does not block. @throws OptionError */
export function checkAsyncRuntime(field: string, runtime: unknown): void {
  checkIsObject(field, runtime);
  for (const name of Object.keys(asyncSystemRuntime)) checkFunction(`${field}.${name}`, Reflect.get(runtime, name));
}
