/** The front door of the service: keys, quotas, shared capacity, capacity, in this order. */

import { afterArrival, type Capacity, idle, type Load } from './capacity.ts';
import { type FaultName, faults } from './faults/table.ts';
import type { LedgerEntry } from './ledger.ts';
import { jsonPlan, type Plan } from './plan.ts';
import type { QuotaKeeper } from './quotaKeeper.ts';
import type { SimulatedRequest } from './request.ts';
import { isCounted } from './route.ts';

/** What stands at the door. */
export interface Door {
  readonly quotas: QuotaKeeper;
  readonly apiKeys: readonly string[];
  readonly capacity: CapacityKeeper;
}

/** A request that is let in, after it has waited for the work before it; or one that is not, and what it is told. */
export type Admission = { readonly queuedMs: number } | { readonly refused: LedgerEntry['fault']; readonly plan: Plan };

/** The service's capacity with what was asked of it. */
export interface CapacityKeeper {
  /** How long the request waits in the queue; `undefined` where it is refused. */
  take(request: SimulatedRequest): number | undefined;
  reset(): void;
}

/** Capacity of which nothing is used yet; unlimited where none is given. */
export function createCapacityKeeper(capacity: Capacity | undefined, now: () => number): CapacityKeeper {
  let load: Load = idle;
  return {
    take({ operation }) {
      if (capacity === undefined || !isCounted(operation)) return 0;
      const arrival = afterArrival(load, now(), capacity);
      load = arrival.load;
      return arrival.queuedMs;
    },
    reset() {
      load = idle;
    },
  };
}

function keyFault({ credential, vertex }: SimulatedRequest, apiKeys: readonly string[]): FaultName | undefined {
  if (credential === '') return vertex ? '401' : '403-no-key';
  if (apiKeys.length === 0 || apiKeys.includes(credential)) return undefined;
  return vertex ? '401' : '400-key-invalid';
}

function said(name: FaultName, request: SimulatedRequest, refused: LedgerEntry['fault']): Admission | undefined {
  const plan = faults[name].instead?.({ request, parameters: {} });
  return plan === undefined ? undefined : { refused, plan };
}

function quotaRefusal({ quotas }: Door, request: SimulatedRequest): Admission | undefined {
  const refusal = quotas.take(request);
  if (refusal === undefined) return undefined;
  if (refusal.because === 'shared-capacity') return said('429-shared-capacity', request, 'shared-capacity');
  // A stream that was not asked for as events gets its error inside an array, as on the real service.
  const inArray = request.operation === 'streamGenerateContent' && !request.sse;
  return { refused: 'quota-spent', plan: jsonPlan(429, inArray ? [refusal.body] : refusal.body) };
}

/** Lets a request in, or does not. */
export function admit(door: Door, request: SimulatedRequest): Admission {
  const key = keyFault(request, door.apiKeys);
  const refusal = (key === undefined ? undefined : said(key, request, 'key-refused')) ?? quotaRefusal(door, request);
  if (refusal !== undefined) return refusal;
  const queuedMs = door.capacity.take(request);
  if (queuedMs !== undefined) return { queuedMs };
  return said('503', request, 'overloaded') ?? { queuedMs: 0 };
}
