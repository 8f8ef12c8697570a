/** Carries out a plan on a real socket. */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Runtime, systemRuntime } from '../resilience/wholeRuntime.ts';
import type { Head, Piece, Plan } from './plan.ts';

/**
 * What was written has to reach the client before the connection is reset, or the reset overtakes it; and two writes have to
 * lie so far apart that they are two packets. This is about real sockets, so it is real time, whatever the clock. It is slept
 * in parts, so that a client in the same, busy process gets its turns to read.
 */
async function settle(signal: AbortSignal): Promise<void> {
  for (let part = 0; part < 3; part += 1) await systemRuntime.sleep(8, signal);
}

/** What a delivery needs to know, and whom it tells. */
export interface Delivery {
  readonly runtime: Runtime;
  /** Aborts when the connection has closed. */
  readonly signal: AbortSignal;
  /** Called when the head is handed over. */
  readonly onHead: (status: number) => void;
  /** Called right before the connection is cut from this side. */
  readonly onCut: () => void;
}

function writeHead(response: ServerResponse, head: Head, plan: Plan): void {
  const headers: Record<string, string> = { ...head.headers };
  const bodiless = head.status === 204 || head.status === 304;
  if (plan.framing === 'length' && headers['content-length'] === undefined && !bodiless) {
    headers['content-length'] = String(plan.pieces.reduce((sum, { bytes }) => sum + Buffer.byteLength(bytes), 0));
  }
  if (head.reason === undefined) response.writeHead(head.status, headers);
  else response.writeHead(head.status, head.reason, headers);
}

async function pauseBefore(piece: Piece, { runtime, signal }: Delivery): Promise<void> {
  if (piece.apart) await settle(signal);
  if (piece.waitMs !== undefined && piece.waitMs > 0) await runtime.sleep(piece.waitMs, signal);
}

async function writeAll(target: ServerResponse | Socket, pieces: readonly Piece[], delivery: Delivery): Promise<void> {
  for (const piece of pieces) {
    if (piece.apart || piece.waitMs) await pauseBefore(piece, delivery);
    if (delivery.signal.aborted) return;
    if (!target.write(piece.bytes)) await once(target, 'drain', { signal: delivery.signal }).catch(() => {});
  }
}

async function tearDown(socket: Socket, how: 'fin' | 'reset', { signal, onCut }: Delivery): Promise<void> {
  await settle(signal);
  if (signal.aborted) return;
  onCut();
  if (how === 'reset') socket.resetAndDestroy();
  else socket.destroySoon();
}

/** Sends what the plan says, when it says so. Resolves when all is handed over or the client has gone. */
export async function deliver(response: ServerResponse, plan: Plan, delivery: Delivery): Promise<void> {
  const { socket } = response;
  if (plan.waitMs > 0) await delivery.runtime.sleep(plan.waitMs, delivery.signal);
  if (delivery.signal.aborted || socket === null) return;
  if (plan.head === undefined) {
    await writeAll(socket, plan.pieces, delivery);
    if (plan.pieces.length > 0 || plan.end === 'fin') return tearDown(socket, 'fin', delivery);
    delivery.onCut();
    socket.resetAndDestroy();
    return;
  }
  writeHead(response, plan.head, plan);
  delivery.onHead(plan.head.status);
  const [only] = plan.pieces;
  if (plan.end === 'complete' && plan.pieces.length <= 1 && !only?.waitMs) {
    response.end(only?.bytes);
    return;
  }
  response.flushHeaders();
  await writeAll(response, plan.pieces, delivery);
  if (delivery.signal.aborted) return;
  if (plan.end === 'complete') response.end();
  else await tearDown(socket, plan.end, delivery);
}
