/** From a request and what is to happen to it to the bytes that go out. */

import type { Answer, Chunk } from './answer.ts';
import type { Decision } from './decide.ts';
import { admit, type Door } from './door.ts';
import type { Fault, FaultContext, Work } from './faults/fault.ts';
import { faults } from './faults/table.ts';
import type { LedgerEntry } from './ledger.ts';
import { isLiveFault } from './live/liveFaults.ts';
import { type Plan, planOf } from './plan.ts';
import type { SimulatedRequest } from './request.ts';
import { serve } from './service/service.ts';
import type { ServiceState } from './service/state.ts';

/** The simulated service with its front door. */
export interface Backend {
  readonly service: ServiceState;
  readonly door: Door;
  readonly chunkGapMs: number;
}

/** What the ledger has to know of an answer. */
export interface Outcome {
  readonly fault: LedgerEntry['fault'];
  readonly billed: Work;
  readonly outputTokens: number;
  readonly queuedMs: number;
}

/** What goes out, and what the ledger has to know of it. */
export interface Response extends Outcome {
  readonly plan: Plan;
}

const healthyFault: Fault = { work: 'done', on: 'any' };

function withResult(answer: Answer, change: (chunks: readonly Chunk[]) => readonly Chunk[]): Answer {
  return answer.content.kind === 'chunks' && answer.status === 200
    ? { ...answer, content: { ...answer.content, chunks: change(answer.content.chunks) } }
    : answer;
}

function workedAt(
  backend: Backend,
  fault: Fault,
  context: FaultContext,
): { plan: Plan; outputTokens: number; failed: boolean } {
  const healthy = serve(backend.service, context.request);
  const { result, spoil } = fault;
  const answer = result === undefined ? healthy : withResult(healthy, chunks => result(chunks, context));
  const plan = planOf(answer, backend.chunkGapMs);
  return {
    plan: spoil === undefined ? plan : spoil(plan, context),
    outputTokens: answer.outputTokens,
    failed: answer.status >= 400,
  };
}

/** Answers a request as decided. The door comes first, except where a fault was ordered. */
export function respond(backend: Backend, request: SimulatedRequest, { step, by }: Decision): Response {
  const fault = step.fault === 'ok' || isLiveFault(step.fault) ? healthyFault : faults[step.fault];
  const billed = step.work ?? fault.work;
  let queuedMs = 0;
  if (by === 'chance') {
    const admission = admit(backend.door, request);
    if ('refused' in admission) {
      return { plan: admission.plan, fault: admission.refused, billed: 'none', outputTokens: 0, queuedMs };
    }
    queuedMs = admission.queuedMs;
  } else if (billed === 'done') {
    backend.door.quotas.charge(request);
  }
  const name = step.fault === 'ok' ? 'none' : step.fault;
  const context = { request, parameters: step };
  if (fault.instead !== undefined) {
    const arrived = fault.arrives?.(request) ?? request;
    const outputTokens = billed === 'done' ? serve(backend.service, arrived).outputTokens : 0;
    return { plan: fault.instead(context), fault: name, billed, outputTokens, queuedMs };
  }
  const { plan, outputTokens, failed } = workedAt(backend, fault, context);
  return { plan, fault: name, billed: failed ? 'none' : billed, outputTokens, queuedMs };
}
