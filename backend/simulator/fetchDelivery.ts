/** Carries out a plan as Node's fetch would see it: a response, or what it throws. */

import { STATUS_CODES } from 'node:http';
import type { Core } from './core.ts';
import { bytesOf } from './faults/cutting.ts';
import { bodyFailure, headFailure } from './fetchErrors.ts';
import type { Piece, Plan } from './plan.ts';
import { endRequest, type Taken } from './takeRequest.ts';

type Runtime = Core['runtime'];

/** Resolves after the time, or when the signal aborts. A wait without end sets no timer, which a virtual clock would fire. */
function pause({ sleep }: Runtime, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms < Number.POSITIVE_INFINITY) return sleep(ms, signal);
  return new Promise(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }));
}

function isBodiless({ head }: Plan): boolean {
  return head?.status === 204 || head?.status === 304;
}

/** The head's own headers, and the length that Node's server states where they have none. */
function headersOf(plan: Plan): Record<string, string> {
  const headers = { ...plan.head?.headers };
  if (plan.framing !== 'length' || headers['content-length'] !== undefined || isBodiless(plan)) return headers;
  return { ...headers, 'content-length': String(bytesOf(plan)) };
}

interface Body {
  readonly pieces: readonly Piece[];
  readonly failure: TypeError | undefined;
}

/** What a client reads: nothing that it cannot decompress, and no more bytes than the head promises. */
function bodyOf(plan: Plan, headers: Readonly<Record<string, string>>): Body {
  const isReadable = headers['content-encoding'] === undefined && !isBodiless(plan);
  let leftBytes = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
  let readBytes = 0;
  const pieces: Piece[] = [];
  for (const piece of isReadable ? plan.pieces : []) {
    const bytes = Buffer.from(piece.bytes).subarray(0, leftBytes);
    leftBytes -= bytes.length;
    readBytes += bytes.length;
    if (bytes.length > 0) pieces.push({ ...piece, bytes });
  }
  return { pieces, failure: bodyFailure(plan, readBytes) };
}

interface Delivery {
  readonly core: Core;
  readonly taken: Taken;
  readonly signal: AbortSignal | undefined;
}

/** A body that comes piece by piece, until it ends, breaks, or its reader leaves. */
function streamed({ core, taken, signal }: Delivery, { pieces, failure }: Body): ReadableStream<Uint8Array> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  signal?.addEventListener('abort', leave, { once: true });

  async function pump(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (const { bytes, waitMs = 0 } of pieces) {
      if (waitMs > 0) await pause(core.runtime, waitMs, gone.signal);
      if (gone.signal.aborted) break;
      controller.enqueue(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    }
    const closedByClient = gone.signal.aborted;
    signal?.removeEventListener('abort', leave);
    endRequest(core, taken.entry, { completed: !closedByClient && taken.plan.end === 'complete', closedByClient });
    if (signal?.aborted) controller.error(signal.reason);
    else if (closedByClient) return;
    else if (failure !== undefined) controller.error(failure);
    else controller.close();
  }

  return new ReadableStream({ start: controller => void pump(controller), cancel: leave });
}

/** Answers with a response, or throws what fetch throws; when the plan says so. */
export async function deliverByCall({ core, taken, signal }: Delivery): Promise<Response> {
  const { entry, plan } = taken;
  if (plan.waitMs > 0) await pause(core.runtime, plan.waitMs, signal);
  if (signal?.aborted) {
    endRequest(core, entry, { completed: false, closedByClient: true });
    throw signal.reason;
  }
  if (plan.head !== undefined) entry.status = plan.head.status;
  const broken = headFailure(plan);
  if (broken !== undefined || plan.head === undefined) {
    // What is no HTTP makes the client leave; any other broken head is the server's doing.
    endRequest(core, entry, { completed: false, closedByClient: plan.pieces.length > 0 && plan.head === undefined });
    throw broken;
  }
  const headers = headersOf(plan);
  const body = bodyOf(plan, headers);
  const { status, reason: statusText = STATUS_CODES[status] ?? 'unknown' } = plan.head;
  const init = { status, statusText, headers };
  const [only] = body.pieces;
  if (body.failure !== undefined || body.pieces.length > 1 || only?.waitMs) {
    return new Response(streamed({ core, taken, signal }, body), init);
  }
  // In one piece it is with the client at once, as a small answer is that a socket delivers.
  endRequest(core, entry, { completed: plan.end === 'complete', closedByClient: false });
  return new Response(only?.bytes ?? (isBodiless(plan) ? null : Buffer.alloc(0)), init);
}
