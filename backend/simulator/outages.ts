/** Windows of time in which one fault happens to every request. */

import { checkFields, checkNumber, checkOneOf, refuse } from './check.ts';
import { type FaultName, faultNames } from './faults/table.ts';

/** A window of time and what happens in it. */
export interface Outage {
  /** Milliseconds from the start of the simulator, or from its last reset. */
  readonly fromMs: number;
  /** Milliseconds; the window ends before it. */
  readonly toMs: number;
  /** `refused` closes the port for the whole window. */
  readonly fault: FaultName;
}

/** Passes outages that have a beginning before their end. */
export function checkOutages(outages: readonly Outage[]): void {
  for (const [index, outage] of outages.entries()) {
    const field = `outages[${index}]`;
    checkFields(field, outage, ['fromMs', 'toMs', 'fault']);
    checkNumber(`${field}.fromMs`, outage.fromMs, [0, Number.MAX_SAFE_INTEGER]);
    if (!(outage.toMs > outage.fromMs)) refuse(`${field}.toMs`, outage.toMs, `a number above fromMs, ${outage.fromMs}`);
    if (outage.fault === undefined) refuse(`${field}.fault`, outage.fault, 'a fault name');
    checkOneOf(`${field}.fault`, outage.fault, faultNames);
  }
}

/** The outage that is on at this time, in milliseconds since the start. */
export function outageAt(outages: readonly Outage[], atMs: number): Outage | undefined {
  return outages.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}
