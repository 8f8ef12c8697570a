/** One request from its first byte to the end of its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Runtime } from '../resilience/runtime.ts';
import { type Decision, decide, type Powers } from './decide.ts';
import { deliver } from './deliver.ts';
import { faults } from './faults/table.ts';
import type { LedgerEntry, LedgerWriter, OpenEntry } from './ledger.ts';
import { jsonPlan, type Plan } from './plan.ts';
import { fingerprint } from './random.ts';
import { readRequest, type SimulatedRequest } from './request.ts';
import { type Backend, type Response, respond } from './respond.ts';

/** All that an exchange needs of the simulator. */
export interface Core {
  readonly runtime: Runtime;
  readonly ledger: LedgerWriter;
  readonly powers: Powers;
  readonly backend: Backend;
  readonly latencyMs: number;
  /** Milliseconds since the start or the last reset. */
  elapsedMs(): number;
  closePortFor(ms: number): void;
  /** Whether the simulator itself is closing all connections. */
  closing(): boolean;
  onRequest(entry: LedgerEntry): void;
}

const usualClosedPortMs = 50;
const secretHeaders = new Set(['x-goog-api-key', 'authorization', 'cookie']);

/** The whole body, or `undefined` where the client went away before its end. */
function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('close', () => resolve(undefined));
    message.on('error', () => resolve(undefined));
  });
}

function publicHeaders(request: SimulatedRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => !secretHeaders.has(name))
      .map(([name, value]) => [name, String(value)]),
  );
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
    completed: false,
    closedByClient: false,
  });
}

/** Sends the plan and writes into the entry what became of it. */
async function send(
  core: Core,
  entry: OpenEntry,
  { response, plan }: { response: ServerResponse; plan: Plan },
): Promise<void> {
  const gone = new AbortController();
  let cutHere = false;
  response.once('close', () => {
    gone.abort();
    entry.completed = response.writableFinished && plan.end === 'complete';
    entry.closedByClient = !response.writableFinished && !cutHere && !core.closing();
    core.ledger.close(entry, core.elapsedMs());
    core.onRequest(entry);
  });
  await deliver(response, plan, {
    runtime: core.runtime,
    signal: gone.signal,
    onHead: status => {
      entry.status = status;
    },
    onCut: () => {
      cutHere = true;
    },
  });
}

/** An `answer` function that throws is shown to its author in the place where the answer would be. */
function respondOrExplain(core: Core, request: SimulatedRequest, decision: Decision): Response {
  try {
    return respond(core.backend, request, decision);
  } catch (error) {
    const message = `The simulator could not answer: ${error instanceof Error ? error.message : String(error)}`;
    const plan = jsonPlan(500, { error: { code: 500, message, status: 'INTERNAL' } });
    return { plan, fault: 'none', billed: 'none', outputTokens: 0 };
  }
}

/** Answers one request. Never rejects. */
export async function exchange(core: Core, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await bodyOf(message);
  if (bytes === undefined || response.destroyed) return;
  const request = readRequest({
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    headers: message.headers,
    bytes,
  });
  const entry = openEntry(core, request);
  const decision = decide(core.powers, request, entry);
  const { plan: decided, fault, billed, outputTokens } = respondOrExplain(core, request, decision);
  const plan = { ...decided, waitMs: decided.waitMs + (decision.step.afterMs ?? core.latencyMs) };
  Object.assign(entry, { fault, billed, outputTokens });
  await send(core, entry, { response, plan });
  const { fault: name, lastsMs = usualClosedPortMs } = decision.step;
  if (name !== 'ok' && faults[name].closesPort) core.closePortFor(lastsMs);
}
