/**
 * A service with finite capacity, which collapses when too much is asked of it. It is one queue in front of one server:
 *
 * - An accepted request adds one unit of work and waits for the work before it. Its work is done whether or not its client waits.
 * - When the work that waits is more than `queueMs` hold, the service is overloaded: it answers 503 to everything until half of
 *   `queueMs` is left. A refusal costs work as well, `refusalCost` of a unit; it never brings the waiting work above twice `queueMs`.
 *
 * So at a load λ above the capacity μ what is answered in the mean is (μ − c λ) / (1 − c), for a cost c below 1: with 0.5 it falls
 * from μ to nothing at twice the capacity. Once overloaded, the service recovers only while c λ stays below μ, where λ counts what
 * clients send again: with a cost of 1 or more, or clients that repeat at once, a load below the capacity keeps it down.
 */

import { checkFields, checkGivenNumber, checkNumber, checkObject } from './check.ts';

/** What the service can do, all models and projects together. Only requests that generate or embed take from it. */
export interface Capacity {
  /** Units of work done in a second, one for each answer; from 0.001 to 1,000,000. */
  readonly requestsPerSecond: number;
  /** Waiting work beyond which the service is overloaded, in milliseconds of it, from 0 to 3,600,000. @default 5_000 */
  readonly queueMs?: number;
  /** What a refusal costs, as a share of an answer, from 0 to 100. @default 0.5 */
  readonly refusalCost?: number;
}

/** What waits, and whether the service refuses because of it. */
export interface Load {
  /** When all work that was taken on will have been done. */
  readonly busyUntilMs: number;
  readonly overloaded: boolean;
}

/** A service that nothing was asked of. */
export const idle: Load = Object.freeze({ busyUntilMs: 0, overloaded: false });

const defaults = { queueMs: 5_000, refusalCost: 0.5 } as const;

/** What a request does to the load, and how long it waits for the work before it; refused where that is absent. */
export interface Arrival {
  readonly load: Load;
  readonly queuedMs?: number;
}

/** The service after the arrival of one more request. */
export function afterArrival(load: Load, nowMs: number, capacity: Capacity): Arrival {
  const { requestsPerSecond, queueMs, refusalCost } = { ...defaults, ...capacity };
  const unitMs = 1000 / requestsPerSecond;
  const waitingMs = Math.max(0, load.busyUntilMs - nowMs);
  const overloaded = waitingMs > (load.overloaded ? queueMs / 2 : queueMs);
  if (!overloaded) return { load: { busyUntilMs: nowMs + waitingMs + unitMs, overloaded }, queuedMs: waitingMs };
  // A refusal adds nothing where twice the bound waits already; it takes nothing away either.
  const withCostMs = Math.max(waitingMs, Math.min(waitingMs + refusalCost * unitMs, 2 * queueMs));
  return { load: { busyUntilMs: nowMs + withCostMs, overloaded } };
}

/** Passes a capacity above nothing, or `undefined`. */
export function checkCapacity(field: string, capacity: Capacity | undefined): void {
  if (capacity === undefined) return;
  checkObject(field, capacity);
  checkFields(field, capacity, ['requestsPerSecond', 'queueMs', 'refusalCost']);
  checkGivenNumber(`${field}.requestsPerSecond`, capacity.requestsPerSecond, [0.001, 1_000_000]);
  checkNumber(`${field}.queueMs`, capacity.queueMs, [0, 3_600_000]);
  checkNumber(`${field}.refusalCost`, capacity.refusalCost, [0, 100]);
}
