/** Quotas as the service keeps them: requests and input tokens a minute, requests a day, for each project and model. */

import type { Runtime } from '../resilience/runtime.ts';
import type { Chunk } from './answer.ts';
import { checkFields, checkInteger, checkOneOf } from './check.ts';
import { quotaErrorBody } from './quotaError.ts';
import { exceededBy, type Meter, metered, statedWaitMs, unusedMeter } from './quotaMeter.ts';
import type { SimulatedRequest } from './request.ts';

/** The quotas of each project (or key) and model; what is absent is not limited. */
export interface Quotas {
  readonly requestsPerMinute?: number;
  readonly inputTokensPerMinute?: number;
  /** Begins anew at midnight Pacific time. */
  readonly requestsPerDay?: number;
  /** `fixed`: the minutes of the wall clock. `rolling`: a request counts for 60 s from its arrival. @default 'fixed' */
  readonly window?: 'fixed' | 'rolling';
}

/** Passes quotas that are whole numbers; 0 refuses everything. */
export function checkQuotas(quotas: Quotas): void {
  checkFields('quotas', quotas, ['requestsPerMinute', 'inputTokensPerMinute', 'requestsPerDay', 'window']);
  checkInteger('quotas.requestsPerMinute', quotas.requestsPerMinute, [0, 1_000_000_000]);
  checkInteger('quotas.inputTokensPerMinute', quotas.inputTokensPerMinute, [0, 1_000_000_000_000]);
  checkInteger('quotas.requestsPerDay', quotas.requestsPerDay, [0, 1_000_000_000]);
  checkOneOf('quotas.window', quotas.window, ['fixed', 'rolling']);
}

const counted: ReadonlySet<string> = new Set([
  'generateContent',
  'streamGenerateContent',
  'embedContent',
  'batchEmbedContents',
  'predict',
]);

/** Quotas with what was used of them. Only requests that generate or embed are counted. */
export interface QuotaKeeper {
  /** Counts the request, or does not and returns the body of the 429. */
  take(request: SimulatedRequest): Chunk | undefined;
  /** Counts the request even where nothing is left. */
  charge(request: SimulatedRequest): void;
  reset(): void;
}

function scopeOf({ project, credential, model }: SimulatedRequest): string {
  return `${project || credential} ${model}`;
}

/** Quotas of which nothing is used yet. */
export function createQuotaKeeper(quotas: Quotas, runtime: Runtime): QuotaKeeper {
  const meters = new Map<string, Meter>();
  const { window } = quotas;

  function meterOf(request: SimulatedRequest, nowMs: number): Meter {
    return metered(meters.get(scopeOf(request)) ?? { ...unusedMeter, sent: [] }, nowMs, window);
  }

  function charge(request: SimulatedRequest, meter: Meter, atMs: number): void {
    meter.sent.push({ atMs, tokens: request.inputTokens });
    meters.set(scopeOf(request), { ...meter, today: meter.today + 1 });
  }

  return {
    take(request) {
      if (!counted.has(request.operation)) return undefined;
      const nowMs = runtime.wallClock();
      const meter = meterOf(request, nowMs);
      const found = exceededBy(quotas, meter, request.inputTokens);
      if (found.length === 0) return void charge(request, meter, nowMs);
      const violations = found.map(({ violation }) => violation);
      const retryMs = statedWaitMs(found, nowMs, window);
      return quotaErrorBody({ violations, model: request.model, location: request.location, retryMs });
    },
    charge(request) {
      const nowMs = runtime.wallClock();
      if (counted.has(request.operation)) charge(request, meterOf(request, nowMs), nowMs);
    },
    reset: () => meters.clear(),
  };
}
