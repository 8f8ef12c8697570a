/** When the port is closed, by the clock of the simulator. */

import type { Runtime } from '../resilience/wholeRuntime.ts';
import type { Listener } from './listener.ts';
import type { Outage } from './outages.ts';

/** Closes the port for a while, and opens it again in any case: after the while, or when it is told to forget. */
export interface PortSchedule {
  shutBetween(fromMs: number, toMs: number): void;
  forget(): void;
}

/** A schedule without entries. */
export function createPortSchedule(runtime: Runtime, listener: Listener): PortSchedule {
  const pending = new Set<() => void>();
  return {
    shutBetween(fromMs, toMs) {
      let shut = false;
      const begin = (): void => {
        shut = true;
        listener.shut();
      };
      const end = (): void => {
        cancelBegin();
        cancelEnd();
        pending.delete(end);
        if (shut) void listener.open();
      };
      const cancelBegin = fromMs > 0 ? runtime.setTimer(fromMs, begin) : () => {};
      const cancelEnd = runtime.setTimer(toMs, end);
      pending.add(end);
      if (fromMs <= 0) begin();
    },
    forget() {
      for (const end of [...pending]) end();
    },
  };
}

/** Closes the port in the outages whose fault is `refused`. */
export function scheduleOutages(outages: readonly Outage[], schedule: PortSchedule): void {
  for (const { fault, fromMs, toMs } of outages) if (fault === 'refused') schedule.shutBetween(fromMs, toMs);
}
