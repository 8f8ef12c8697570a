/** Quotas as they can be set: for all models alike or for each its own, at the start and in the course of time. */

import { checkBoolean, checkFields, checkGivenNumber, checkInteger, checkObject, checkOneOf } from './check.ts';
import type { SharedCapacity } from './tokenBucket.ts';

/** The quotas of each project (or key) and model; what is absent is not limited. */
export interface Quotas {
  readonly requestsPerMinute?: number;
  readonly inputTokensPerMinute?: number;
  /** Begins anew at midnight Pacific time. */
  readonly requestsPerDay?: number;
  /** `fixed`: the minutes of the wall clock. `rolling`: a request counts for 60 s from its arrival. @default 'fixed' */
  readonly window?: 'fixed' | 'rolling';
  /** Whether a request that is refused with 429 counts as well: who goes on asking stays locked out. @default false */
  readonly refusedRequestsCount?: boolean;
  /** What all projects share of the model. @default not limited */
  readonly sharedCapacity?: SharedCapacity;
}

/** Quotas of their own for some models. */
export interface QuotasByModel {
  /** By the name of the model as in the path, without `models/`. */
  readonly perModel: Readonly<Record<string, Quotas>>;
  /** Those of every other model; each has its own meter. @default not limited */
  readonly default?: Quotas;
}

/** Quotas that take the place of those before, at a time. */
export interface QuotaChange {
  /** Milliseconds from the start of the simulator, or from its last reset. */
  readonly atMs: number;
  /** What is absent is not limited any more. What was used before still counts. */
  readonly quotas: Quotas | QuotasByModel;
}

const quotaFields = [
  'requestsPerMinute',
  'inputTokensPerMinute',
  'requestsPerDay',
  'window',
  'refusedRequestsCount',
  'sharedCapacity',
];

/** The quotas of one model among those given. */
export function quotasOf(given: Quotas | QuotasByModel, model: string): Quotas {
  if (!('perModel' in given)) return given;
  return Object.hasOwn(given.perModel, model) ? (given.perModel[model] ?? {}) : (given.default ?? {});
}

function checkModelQuotas(field: string, quotas: Quotas, known: readonly string[]): void {
  checkObject(field, quotas);
  checkFields(field, quotas, known);
  checkInteger(`${field}.requestsPerMinute`, quotas.requestsPerMinute, [0, 1_000_000_000]);
  checkInteger(`${field}.inputTokensPerMinute`, quotas.inputTokensPerMinute, [0, 1_000_000_000_000]);
  checkInteger(`${field}.requestsPerDay`, quotas.requestsPerDay, [0, 1_000_000_000]);
  checkOneOf(`${field}.window`, quotas.window, ['fixed', 'rolling']);
  checkBoolean(`${field}.refusedRequestsCount`, quotas.refusedRequestsCount);
  if (quotas.sharedCapacity === undefined) return;
  checkObject(`${field}.sharedCapacity`, quotas.sharedCapacity);
  const { requestsPerSecond, burst } = quotas.sharedCapacity;
  checkFields(`${field}.sharedCapacity`, quotas.sharedCapacity, ['requestsPerSecond', 'burst']);
  checkGivenNumber(`${field}.sharedCapacity.requestsPerSecond`, requestsPerSecond, [0, 1_000_000]);
  checkInteger(`${field}.sharedCapacity.burst`, burst, [1, 1_000_000_000]);
}

/** Passes quotas that are whole numbers; 0 refuses everything. */
export function checkQuotas(field: string, quotas: Quotas | QuotasByModel): void {
  checkObject(field, quotas);
  if (!('perModel' in quotas)) {
    checkModelQuotas(field, quotas, [...quotaFields, 'perModel', 'default']);
    return;
  }
  checkFields(field, quotas, ['perModel', 'default']);
  checkObject(`${field}.perModel`, quotas.perModel);
  for (const [model, own] of Object.entries(quotas.perModel)) {
    checkModelQuotas(`${field}.perModel['${model}']`, own, quotaFields);
  }
  if (quotas.default !== undefined) checkModelQuotas(`${field}.default`, quotas.default, quotaFields);
}

/** Passes changes whose times and quotas can be. */
export function checkQuotaChanges(changes: readonly QuotaChange[]): void {
  for (const [index, change] of changes.entries()) {
    const field = `quotaChanges[${index}]`;
    checkFields(field, change, ['atMs', 'quotas']);
    checkGivenNumber(`${field}.atMs`, change.atMs, [0, Number.MAX_SAFE_INTEGER]);
    checkQuotas(`${field}.quotas`, change.quotas);
  }
}
