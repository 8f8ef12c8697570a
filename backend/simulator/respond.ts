/** From a request and what is to happen to it to the bytes that go out. */

import type { Answer, Chunk } from './answer.ts';
import type { Decision } from './decide.ts';
import type { Fault, FaultContext, Work } from './faults/fault.ts';
import { type FaultName, faults } from './faults/table.ts';
import type { LedgerEntry } from './ledger.ts';
import { jsonPlan, type Plan, planOf } from './plan.ts';
import type { QuotaKeeper } from './quotas.ts';
import type { SimulatedRequest } from './request.ts';
import { serve } from './service/service.ts';
import type { ServiceState } from './service/state.ts';

/** The simulated service with its front door. */
export interface Backend {
  readonly service: ServiceState;
  readonly quotas: QuotaKeeper;
  readonly apiKeys: readonly string[];
  readonly chunkGapMs: number;
}

/** What goes out, and what the ledger has to know of it. */
export interface Response {
  readonly plan: Plan;
  readonly fault: LedgerEntry['fault'];
  readonly billed: Work;
  readonly outputTokens: number;
}

const healthyFault: Fault = { work: 'done', on: 'any' };

function keyFault({ credential, vertex }: SimulatedRequest, apiKeys: readonly string[]): FaultName | undefined {
  if (credential === '') return vertex ? '401' : '403-no-key';
  if (apiKeys.length === 0 || apiKeys.includes(credential)) return undefined;
  return vertex ? '401' : '400-key-invalid';
}

function refusalAtTheDoor(backend: Backend, request: SimulatedRequest): Response | undefined {
  const key = keyFault(request, backend.apiKeys);
  const said = key === undefined ? undefined : faults[key].instead?.({ request, parameters: {} });
  if (said !== undefined) return { plan: said, fault: 'key-refused', billed: 'none', outputTokens: 0 };
  const spent = backend.quotas.take(request);
  if (spent === undefined) return undefined;
  const inArray = request.operation === 'streamGenerateContent' && !request.sse;
  return { plan: jsonPlan(429, inArray ? [spent] : spent), fault: 'quota-spent', billed: 'none', outputTokens: 0 };
}

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

/** Answers a request as decided. Keys and quotas come first, except where a fault was ordered. */
export function respond(backend: Backend, request: SimulatedRequest, { step, by }: Decision): Response {
  const fault = step.fault === 'ok' ? healthyFault : faults[step.fault];
  const billed = step.work ?? fault.work;
  if (by === 'chance') {
    const refusal = refusalAtTheDoor(backend, request);
    if (refusal !== undefined) return refusal;
  } else if (billed === 'done') {
    backend.quotas.charge(request);
  }
  const name = step.fault === 'ok' ? 'none' : step.fault;
  const context = { request, parameters: step };
  if (fault.instead !== undefined) {
    const outputTokens = billed === 'done' ? serve(backend.service, request).outputTokens : 0;
    return { plan: fault.instead(context), fault: name, billed, outputTokens };
  }
  const { plan, outputTokens, failed } = workedAt(backend, fault, context);
  return { plan, fault: name, billed: failed ? 'none' : billed, outputTokens };
}
