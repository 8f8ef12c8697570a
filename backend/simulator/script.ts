/** Faults in a given order: a step for each request, or for the requests that it names. */

import { checkFields, checkInteger, checkNumber, checkOneOf, refuse } from './check.ts';
import type { FaultParameters, Work } from './faults/fault.ts';
import { appliesTo, type FaultName, faultNames } from './faults/table.ts';
import {
  isLiveFault,
  type LiveFaultName,
  type LiveFaultParameters,
  liveFaultNames,
  livePoints,
} from './live/liveFaults.ts';
import type { SimulatedRequest } from './request.ts';
import { type Operation, operations } from './route.ts';

/** Which requests a step waits for. All that is given has to be true. */
export interface Condition {
  readonly operation?: Operation;
  /** As in the path, without `models/`. */
  readonly model?: string;
  /** A part of the prompt. */
  readonly prompt?: string;
  /** The how-manieth sending of the same request, from 1. */
  readonly nth?: number;
}

/** One entry of a script: a fault, for which requests, and the numbers it reads. */
export interface Step extends FaultParameters, LiveFaultParameters {
  /** `ok` lets the request pass, whatever the weather. A `live-…` fault happens to a live session. */
  readonly fault: FaultName | LiveFaultName | 'ok';
  /** How many requests the step serves; Infinity for all that come. @default 1 */
  readonly times?: number;
  /** @default every request that the fault can happen to */
  readonly when?: Condition;
  /** Milliseconds from the request to whatever happens. @default the latency of the simulator */
  readonly afterMs?: number;
  /** States whether the work is done, in the place of what is usual for the fault; `done` creates what was to be created. */
  readonly work?: Work;
}

/** A step, or only the name of its fault. */
export type ScriptStep = Step | FaultName | LiveFaultName | 'ok';

const stepFields = [
  ...['fault', 'times', 'when', 'afterMs', 'work'],
  ...['lastsMs', 'chunkMs', 'retryDelayMs', 'hops'],
  ...['at', 'turn', 'closeCode', 'closeReason'],
] as const;
const conditionFields = ['operation', 'model', 'prompt', 'nth'] as const;

function checkLive(field: string, { at, turn, closeCode, closeReason = '' }: Step): void {
  checkOneOf(`${field}.at`, at, livePoints);
  checkInteger(`${field}.turn`, turn, [1, 1_000_000]);
  checkInteger(`${field}.closeCode`, closeCode, [1000, 4999]);
  if (Buffer.byteLength(closeReason) > 123) refuse(`${field}.closeReason`, closeReason, 'a text of at most 123 bytes');
}

/** Checks one step and spells it out. `field` is its place, for the message. */
export function checkStep(field: string, given: ScriptStep): Step {
  const step: Step = typeof given === 'string' ? { fault: given } : given;
  if (typeof step !== 'object' || step === null) refuse(field, step, 'a fault name or an object with `fault`');
  checkFields(field, step, stepFields);
  if (step.fault === undefined) refuse(`${field}.fault`, step.fault, 'a fault name or ok');
  checkOneOf(`${field}.fault`, step.fault, ['ok', ...faultNames, ...liveFaultNames]);
  if (step.times !== Number.POSITIVE_INFINITY) checkInteger(`${field}.times`, step.times, [1, 1_000_000]);
  checkOneOf(`${field}.work`, step.work, ['none', 'maybe', 'done']);
  checkNumber(`${field}.afterMs`, step.afterMs, [0, Number.POSITIVE_INFINITY]);
  checkNumber(`${field}.lastsMs`, step.lastsMs, [0, Number.POSITIVE_INFINITY]);
  checkNumber(`${field}.chunkMs`, step.chunkMs, [0, 3_600_000]);
  checkNumber(`${field}.retryDelayMs`, step.retryDelayMs, [0, Number.MAX_SAFE_INTEGER]);
  checkInteger(`${field}.hops`, step.hops, [1, 1000]);
  checkLive(field, step);
  checkFields(`${field}.when`, step.when ?? {}, conditionFields);
  checkOneOf(`${field}.when.operation`, step.when?.operation, operations);
  checkInteger(`${field}.when.nth`, step.when?.nth, [1, 1_000_000]);
  return step;
}

function fits({ fault, when }: Step, request: SimulatedRequest, nth: number): boolean {
  if (isLiveFault(fault) ? request.operation !== 'live.connect' : fault !== 'ok' && !appliesTo(fault, request))
    return false;
  if (when?.operation !== undefined && when.operation !== request.operation) return false;
  if (when?.model !== undefined && when.model !== request.model) return false;
  if (when?.prompt !== undefined && !request.prompt.includes(when.prompt)) return false;
  return when?.nth === undefined || when.nth === nth;
}

/** A queue of steps. */
export interface Script {
  add(steps: readonly ScriptStep[]): void;
  /** The first step that fits the request, used up by one; `undefined` where none fits. */
  take(request: SimulatedRequest, nth: number): Step | undefined;
  /** How many requests the steps still wait for. */
  left(): number;
  clear(): void;
}

/** A script that holds these steps. */
export function createScript(steps: readonly ScriptStep[]): Script {
  const queue: { readonly step: Step; left: number }[] = [];
  const add: Script['add'] = more => {
    for (const [index, given] of more.entries()) {
      const step = checkStep(`script[${index}]`, given);
      queue.push({ step, left: step.times ?? 1 });
    }
  };
  add(steps);
  return {
    add,
    take(request, nth) {
      const index = queue.findIndex(({ step }) => fits(step, request, nth));
      const found = queue[index];
      if (found === undefined) return undefined;
      found.left -= 1;
      if (found.left <= 0) queue.splice(index, 1);
      return found.step;
    },
    left: () => queue.reduce((sum, { left }) => sum + left, 0),
    clear: () => {
      queue.length = 0;
    },
  };
}
