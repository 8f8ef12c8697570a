/** Keeps quotas as the service does: requests and input tokens a minute, requests a day, for each project and model. */

import type { Runtime } from '../resilience/wholeRuntime.ts';
import type { Chunk } from './answer.ts';
import { quotaErrorBody } from './quotaError.ts';
import {
  bringUpToDate,
  count,
  type Exceeded,
  exceededBy,
  type Meter,
  statedWaitMs,
  unusedMeter,
} from './quotaMeter.ts';
import type { Quotas, QuotasByModel } from './quotas.ts';
import type { QuotasInForce } from './quotasInForce.ts';
import type { SimulatedRequest } from './request.ts';
import { isCounted } from './route.ts';
import { type Bucket, filled, holdsOne, withoutOne } from './tokenBucket.ts';

/** Why a request is not let in, and the body of a 429 that says more than the fault of this name. */
export type QuotaRefusal =
  | { readonly because: 'quota-spent'; readonly body: Chunk }
  | { readonly because: 'shared-capacity' };

/** Quotas with what was used of them. Only requests that generate or embed are counted. */
export interface QuotaKeeper {
  /** Counts the request, or says why not. */
  take(request: SimulatedRequest): QuotaRefusal | undefined;
  /** Counts the request even where nothing is left. */
  charge(request: SimulatedRequest): void;
  set(quotas: Quotas | QuotasByModel): void;
  /** Forgets what was used, and begins anew with the changes. */
  reset(): void;
}

/** Where the time comes from: quotas go by the wall clock, their changes by the time since the start. */
export interface QuotaClock extends Pick<Runtime, 'wallClock'> {
  elapsedMs(): number;
}

interface Used {
  readonly meters: Map<string, Meter>;
  /** By model: it is shared by all projects. */
  readonly buckets: Map<string, Bucket>;
}

function meterOf({ meters }: Used, { project, credential, model }: SimulatedRequest): Meter {
  const scope = `${project || credential} ${model}`;
  const known = meters.get(scope);
  if (known !== undefined) return known;
  const meter = unusedMeter();
  meters.set(scope, meter);
  return meter;
}

/** Takes one from the shared capacity, where there is one to take. */
function takeShared({ buckets }: Used, { sharedCapacity }: Quotas, [model, nowMs]: readonly [string, number]): boolean {
  if (sharedCapacity === undefined) return true;
  const bucket = filled(buckets.get(model), nowMs, sharedCapacity);
  const holds = holdsOne(bucket);
  buckets.set(model, holds ? withoutOne(bucket) : bucket);
  return holds;
}

function refusal({ model, location }: SimulatedRequest, found: readonly Exceeded[], retryMs: number): QuotaRefusal {
  const violations = found.map(({ violation }) => violation);
  return { because: 'quota-spent', body: quotaErrorBody({ violations, model, location, retryMs }) };
}

function takeAt(
  used: Used,
  quotas: Quotas,
  [request, nowMs]: readonly [SimulatedRequest, number],
): QuotaRefusal | undefined {
  const { model, inputTokens } = request;
  const meter = meterOf(used, request);
  bringUpToDate(meter, nowMs, quotas.window);
  const found = exceededBy(quotas, meter, [nowMs, inputTokens]);
  const isIn = found.length === 0 && takeShared(used, quotas, [model, nowMs]);
  if (isIn || quotas.refusedRequestsCount) count(meter, nowMs, inputTokens);
  if (isIn) return undefined;
  if (found.length === 0) return { because: 'shared-capacity' };
  // A refused request that counts makes the wait longer: what is stated has to be true for the next one.
  const waitedFor = quotas.refusedRequestsCount ? exceededBy(quotas, meter, [nowMs, inputTokens]) : found;
  return refusal(request, found, statedWaitMs(waitedFor, nowMs));
}

/** Quotas of which nothing is used yet. */
export function createQuotaKeeper(inForce: QuotasInForce, { wallClock, elapsedMs }: QuotaClock): QuotaKeeper {
  const used: Used = { meters: new Map(), buckets: new Map() };
  return {
    take(request) {
      if (!isCounted(request.operation)) return undefined;
      return takeAt(used, inForce.at(elapsedMs(), request.model), [request, wallClock()]);
    },
    charge(request) {
      if (!isCounted(request.operation)) return;
      const nowMs = wallClock();
      const meter = meterOf(used, request);
      bringUpToDate(meter, nowMs, inForce.at(elapsedMs(), request.model).window);
      count(meter, nowMs, request.inputTokens);
    },
    set: quotas => inForce.set(elapsedMs(), quotas),
    reset() {
      used.meters.clear();
      used.buckets.clear();
      inForce.restart();
    },
  };
}
