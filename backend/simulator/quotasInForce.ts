/** Which quotas hold now: those of the start, until a change takes their place. */

import { type QuotaChange, type Quotas, type QuotasByModel, quotasOf } from './quotas.ts';

/** Quotas in the course of time. */
export interface QuotasInForce {
  /** The quotas of a model at a time, in milliseconds since the start. Times must not go back. */
  at(elapsedMs: number, model: string): Quotas;
  /** Takes the place of what holds now, and of what holds at the start of a new run. Changes that are still to come do come. */
  set(elapsedMs: number, quotas: Quotas | QuotasByModel): void;
  /** Begins anew, with all changes still to come. */
  restart(): void;
}

/** Quotas of the start and their changes. */
export function createQuotasInForce(initial: Quotas | QuotasByModel, changes: readonly QuotaChange[]): QuotasInForce {
  const ordered = changes.toSorted((one, other) => one.atMs - other.atMs);
  let first = initial;
  let current = initial;
  let passed = 0;

  function pass(elapsedMs: number): void {
    for (let next = ordered[passed]; next !== undefined && next.atMs <= elapsedMs; next = ordered[passed]) {
      current = next.quotas;
      passed += 1;
    }
  }

  return {
    at(elapsedMs, model) {
      pass(elapsedMs);
      return quotasOf(current, model);
    },
    set(elapsedMs, quotas) {
      pass(elapsedMs);
      current = quotas;
      first = quotas;
    },
    restart() {
      current = first;
      passed = 0;
    },
  };
}
