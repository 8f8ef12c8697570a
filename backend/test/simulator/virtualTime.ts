/** A clock that stands still until it is moved. */

import type { Runtime } from '../../resilience/wholeRuntime.ts';

/** A runtime, and the hand that moves its clock. */
export interface VirtualTime {
  readonly runtime: Pick<Runtime, 'now' | 'wallClock' | 'sleep' | 'setTimer'>;
  /** Moves the clock and fires what has become due, in order. */
  advance(ms: number): void;
}

/** A clock at this wall time; `now` starts at 0. */
export function virtualTimeAt(isoTime: string): VirtualTime {
  const startMs = Date.parse(isoTime);
  let nowMs = 0;
  let timers: { readonly dueMs: number; readonly fire: () => void }[] = [];
  const setTimer: Runtime['setTimer'] = (ms, fire) => {
    const timer = { dueMs: nowMs + ms, fire };
    timers.push(timer);
    return () => {
      timers = timers.filter(one => one !== timer);
    };
  };
  return {
    runtime: {
      now: () => nowMs,
      wallClock: () => startMs + nowMs,
      setTimer,
      sleep: (ms, signal) =>
        new Promise(resolve => {
          const cancel = setTimer(ms, resolve);
          signal?.addEventListener('abort', () => {
            cancel();
            resolve();
          });
        }),
    },
    advance(ms) {
      nowMs += ms;
      const due = timers.filter(({ dueMs }) => dueMs <= nowMs).toSorted((one, other) => one.dueMs - other.dueMs);
      timers = timers.filter(timer => !due.includes(timer));
      for (const { fire } of due) fire();
    },
  };
}
