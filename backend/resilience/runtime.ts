import { checkFunction, OptionError, show } from './optionError.ts';
import { longestTimerMs, queueOf, setSystemTimer, startTimer } from './systemTimers.ts';
import type { Timed, TimerQueue } from './timerQueue.ts';

/** The one door to time and chance. Nothing else in the project may ask a clock, draw a number or set a timer. */

/** Clock, chance, sleep and timers. */
export interface Runtime {
  /** Monotonic milliseconds; compare only with other values from here. */
  now(): number;
  /** Milliseconds since 1970 in UTC, for what a person or a server reads: `retryAt`, HTTP dates, daily resets. */
  wallClock(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Blocks the thread for `ms`. Throws an Error where the platform cannot block. */
  sleepSync(ms: number): void;
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

function systemSleepSync(ms: number): void {
  if (ms <= 0) return;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  } catch (cause) {
    throw new Error(
      `Cannot wait ${ms} ms synchronously: this platform does not let this thread block. Use the asynchronous form.`,
      {
        cause,
      },
    );
  }
}

/** The platform’s own. */
export const systemRuntime: Runtime = Object.freeze({
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random: () => Math.random(),
  sleep: systemSleep,
  sleepSync: systemSleepSync,
  setTimer: setSystemTimer,
});

/** A time limit that has been set: ended once, whether it fired or not. */
export type TimeLimit = Pick<TimerQueue, 'ended'>;

/** Sets a limit for what is itself its timer: that is done for everything that is sent, and must not cost objects of its own. */
export function setTimeLimit(runtime: Runtime, ms: number, timed: Timed): TimeLimit {
  if (runtime.setTimer !== setSystemTimer) {
    return { ended: runtime.setTimer(ms, () => timed.fire(), timed.startedMs) };
  }
  const queue = queueOf(ms);
  queue.add(timed);
  return queue;
}

/** A timer that does not keep the process alive, where it is the system's. The returned function cancels it. */
export function setIdleTimer(runtime: Runtime, ms: number, fire: () => void): () => void {
  if (runtime.setTimer !== setSystemTimer) return runtime.setTimer(ms, fire);
  const timer = startTimer(ms, fire);
  timer.hold(false);
  return timer.cancel;
}

/** How often, in real milliseconds, a timer looks at a foreign clock that brought no timers of its own. */
const foreignClockCheckMs = 10;

/**
 * Timers for a runtime that brings `now` but not `setTimer`: due when either clock says so. The foreign one so that a client
 * under a simulated clock ends a hung attempt; the real one so that a clock that stands still cannot hold it for ever.
 */
function timersOver(now: () => number): Runtime['setTimer'] {
  return (ms, fire) => {
    const dueMs = now() + ms;
    const watch = setInterval(() => {
      if (now() >= dueMs) end();
    }, foreignClockCheckMs);
    const cancelReal = setSystemTimer(ms, () => end());
    const cancel = (): void => {
      clearInterval(watch);
      cancelReal();
    };
    const end = (): void => {
      cancel();
      fire();
    };
    return cancel;
  };
}

/** A sleep of the caller's own that ends when its signal aborts, also where it does not heed it. */
function abortable(sleep: Runtime['sleep']): Runtime['sleep'] {
  return (ms, signal) => {
    if (signal === undefined) return sleep(ms);
    if (signal.aborted) return Promise.resolve();
    return new Promise(resolve => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end);
      sleep(ms, signal).then(end, end);
    });
  };
}

/** The names of a runtime's parts. */
export const runtimeParts = Object.keys(systemRuntime) as readonly (keyof Runtime)[];

/** Checks the parts that a caller brings; what else the object holds is its own business. @throws OptionError */
export function checkRuntime(field: string, parts: unknown): void {
  if (parts === undefined) return;
  if (typeof parts !== 'object' || parts === null) throw new OptionError(field, show(parts), 'an object');
  for (const name of runtimeParts) {
    const part: unknown = Reflect.get(parts, name);
    if (part !== undefined) checkFunction(`${field}.${name}`, part);
  }
}

/**
 * A whole runtime from the parts that the caller brings, which may be methods of any object; the rest is the system's. With a
 * `now` of its own, the wall clock starts at the real time and moves with that `now`.
 */
export function createRuntime(parts: Partial<Runtime> = {}): Runtime {
  const given: Partial<Runtime> = {};
  for (const name of runtimeParts) {
    const part = parts[name];
    if (part !== undefined) Object.assign(given, { [name]: part.bind(parts) });
  }
  const { now, sleep } = given;
  if (sleep !== undefined) given.sleep = abortable(sleep);
  if (now === undefined) return { ...systemRuntime, ...given };
  const origin = Date.now() - now();
  return { ...systemRuntime, wallClock: () => origin + now(), setTimer: timersOver(now), ...given };
}
