/** What a fault is. Each does one of three things, and says what it means for the work that was asked for. */

import type { Chunk } from '../answer.ts';
import type { Plan } from '../plan.ts';
import type { SimulatedRequest } from '../request.ts';

/** Whether the model did the work, and bills it, although something went wrong. */
export type Work = 'none' | 'maybe' | 'done';

/** Numbers that a step may give to its fault; each fault has a default for those it reads. */
export interface FaultParameters {
  /** How long a stall lasts, or how long the port stays closed, in milliseconds. */
  readonly lastsMs?: number;
  /** Milliseconds between two pieces of a slow answer. */
  readonly chunkMs?: number;
  /** The wait that a 429 or a 503 states, in milliseconds. */
  readonly retryDelayMs?: number;
  /** How many times an answer stops with a continuation token before its end. */
  readonly hops?: number;
}

/** What a fault may look at. */
export interface FaultContext {
  readonly request: SimulatedRequest;
  readonly parameters: FaultParameters;
}

/** One fault: at most one of `instead`, or `result` and `spoil` in this order. */
export interface Fault {
  readonly work: Work;
  /** Which requests it can happen to: all, those that generate, those that generate as server-sent events, those with bytes of a file. */
  readonly on: 'any' | 'generate' | 'sse' | 'upload';
  /** The port itself closes for a while. */
  readonly closesPort?: boolean;
  /** What of the request arrives. @default all of it */
  readonly arrives?: (request: SimulatedRequest) => SimulatedRequest;
  /** Answers in the place of the service, which does nothing. */
  readonly instead?: (context: FaultContext) => Plan;
  /** The service answers, but something else. */
  readonly result?: (chunks: readonly Chunk[], context: FaultContext) => readonly Chunk[];
  /** The answer is spoilt on its way. */
  readonly spoil?: (plan: Plan, context: FaultContext) => Plan;
}
