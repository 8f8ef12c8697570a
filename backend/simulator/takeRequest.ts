/** What is the same for a request over a socket and for one that is a function call: from understanding it to its end. */

import type { Core } from './core.ts';
import { type Decision, decide } from './decide.ts';
import { faults } from './faults/table.ts';
import type { OpenEntry } from './ledger.ts';
import { isLiveFault } from './live/liveFaults.ts';
import { jsonPlan, type Plan } from './plan.ts';
import { fingerprint } from './random.ts';
import type { SimulatedRequest } from './request.ts';
import { type Response, respond } from './respond.ts';
import type { Step } from './script.ts';

/** A request with its place in the ledger and what it will get. */
export interface Taken {
  readonly entry: OpenEntry;
  readonly plan: Plan;
  /** What was ordered for it, or came by chance. */
  readonly step: Step;
  /** How long the port is to be closed after that; absent where it stays open. */
  readonly closesPortForMs?: number;
}

const usualClosedPortMs = 50;
const secretHeaders = new Set(['x-goog-api-key', 'authorization', 'cookie']);

function publicHeaders(request: SimulatedRequest): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (!secretHeaders.has(name)) shown[name] = String(value);
  }
  return shown;
}

function openEntry({ ledger, elapsedMs }: Core, request: SimulatedRequest): OpenEntry {
  const { method, path, operation, model, prompt, promptHash, inputTokens, credential } = request;
  return ledger.open({
    atMs: elapsedMs(),
    ...{ method, path, operation, model, prompt, promptHash, inputTokens },
    stream: operation === 'streamGenerateContent',
    keyFingerprint: credential === '' ? '' : fingerprint(credential),
    headers: publicHeaders(request),
    fault: 'none',
    billed: 'none',
    outputTokens: 0,
    queuedMs: 0,
    completed: false,
    closedByClient: false,
  });
}

/** An `answer` function that throws is shown to its author in the place where the answer would be. */
function respondOrExplain(core: Core, request: SimulatedRequest, decision: Decision): Response {
  try {
    return respond(core.backend, request, decision);
  } catch (error) {
    const message = `The simulator could not answer: ${error instanceof Error ? error.message : String(error)}`;
    const plan = jsonPlan(500, { error: { code: 500, message, status: 'INTERNAL' } });
    return { plan, fault: 'none', billed: 'none', outputTokens: 0, queuedMs: 0 };
  }
}

/** Enters the request in the ledger and decides on its answer, which nothing can change any more. */
export function takeRequest(core: Core, request: SimulatedRequest): Taken {
  const entry = openEntry(core, request);
  const decision = decide(core.powers, request, entry);
  const { plan: decided, ...outcome } = respondOrExplain(core, request, decision);
  const { fault: name, afterMs = core.latencyMs, lastsMs = usualClosedPortMs } = decision.step;
  const plan = { ...decided, waitMs: decided.waitMs + afterMs + outcome.queuedMs };
  Object.assign(entry, outcome);
  const closesPort = name !== 'ok' && !isLiveFault(name) && faults[name].closesPort;
  return { entry, plan, step: decision.step, ...(closesPort && { closesPortForMs: lastsMs }) };
}

/** How an exchange ended. */
export interface End {
  readonly completed: boolean;
  readonly closedByClient: boolean;
}

/** Writes the end of an exchange into the ledger. */
export function endRequest(core: Core, entry: OpenEntry, { completed, closedByClient }: End): void {
  entry.completed = completed;
  entry.closedByClient = closedByClient;
  core.ledger.close(entry, core.elapsedMs());
  core.onRequest(entry);
}
