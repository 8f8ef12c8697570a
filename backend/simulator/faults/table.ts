/** All faults in one table. */

import type { SimulatedRequest } from '../request.ts';
import { bodyFaults } from './bodies.ts';
import type { Fault } from './fault.ts';
import { paceFaults } from './pace.ts';
import { quotaFaults } from './quotas.ts';
import { resultFaults } from './results.ts';
import { statusFaults } from './statuses.ts';
import { streamFaults } from './streams.ts';
import { uploadFaults } from './uploads.ts';
import { wireFaults } from './wire.ts';

const table = {
  ...statusFaults,
  ...quotaFaults,
  ...bodyFaults,
  ...wireFaults,
  ...paceFaults,
  ...streamFaults,
  ...resultFaults,
  ...uploadFaults,
};

/** Every way to misbehave. */
export type FaultName = keyof typeof table;

/** What each name does. */
export const faults: Readonly<Record<FaultName, Fault>> = table;

/** All names, numbers first. */
export const faultNames = Object.freeze(Object.keys(table)) as readonly FaultName[];

/** Whether the fault can happen to this request at all. */
export function appliesTo(name: FaultName, request: SimulatedRequest): boolean {
  const { on } = faults[name];
  if (on === 'sse') return request.sse;
  if (on === 'upload') return request.operation === 'files.upload' && request.bytes.length > 0;
  return on === 'any' || request.operation === 'generateContent' || request.operation === 'streamGenerateContent';
}
