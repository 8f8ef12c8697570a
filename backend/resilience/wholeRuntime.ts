import { checkFunction, OptionError, show } from './optionError.ts';
import { type AsyncRuntime, asyncSystemRuntime } from './runtime.ts';
import { repeatTimer, setSystemTimer } from './systemTimers.ts';

/** The same, and the wait that blocks. */
export interface Runtime extends AsyncRuntime {
  /** Blocks the thread for `ms`. Throws an Error where the platform cannot block. */
  sleepSync(ms: number): void;
}

function systemSleepSync(ms: number): void {
  if (ms <= 0) return;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  } catch (cause) {
    throw new Error(`Cannot wait ${ms} ms: this thread may not block. Use the asynchronous form.`, { cause });
  }
}

/** The platform’s own. */
export const systemRuntime: Runtime = Object.freeze({ ...asyncSystemRuntime, sleepSync: systemSleepSync });

/** How often, in real milliseconds, a timer looks at a foreign clock that brought no timers of its own. */
const foreignClockCheckMs = 10;

/**
 * Timers for a runtime that brings `now` but not `setTimer`: due when either clock says so. The foreign one so that a client
 * under a simulated clock ends a hung attempt; the real one so that a clock that stands still cannot hold it for ever.
 */
function timersOver(now: () => number): Runtime['setTimer'] {
  return (ms, fire) => {
    const dueMs = now() + ms;
    const endWatch = repeatTimer(foreignClockCheckMs, () => {
      if (now() >= dueMs) end();
    });
    const cancelReal = setSystemTimer(ms, () => end());
    const cancel = (): void => {
      endWatch();
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
  const origin = systemRuntime.wallClock() - now();
  return { ...systemRuntime, wallClock: () => origin + now(), setTimer: timersOver(now), ...given };
}
