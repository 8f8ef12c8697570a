/** A request that wants to become a WebSocket: let in, or answered like any other. */

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Core } from '../core.ts';
import { type Port, send } from '../exchange.ts';
import { readRequest, type SimulatedRequest } from '../request.ts';
import { endRequest, type Taken, takeRequest } from '../takeRequest.ts';
import { LiveConnection } from './liveConnection.ts';

/** What came in: the head of the request, its connection, and what followed the head. */
export interface Upgrade {
  readonly message: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

interface Place {
  readonly core: Core;
  readonly port: Port;
}

const handshakes = new WebSocketServer({ noServer: true });

/** An ordinary answer, after which the connection closes. */
function refuse(place: Place, taken: Taken, { message, socket }: Upgrade): Promise<void> {
  const response = new ServerResponse(message);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.end());
  return send(place, taken, response);
}

function begin(
  { core, port }: Place,
  taken: Taken,
  request: SimulatedRequest,
  { message, socket, head }: Upgrade,
): void {
  const { entry, step } = taken;
  const { runtime, backend } = core;
  handshakes.handleUpgrade(message, socket, head, (webSocket: WebSocket) => {
    entry.status = 101;
    const { service: state, chunkGapMs } = backend;
    new LiveConnection({ webSocket, socket, request, state, runtime, chunkGapMs, step });
    webSocket.once('close', code => {
      const completed = code === 1000 || code === 1005;
      endRequest(core, entry, { completed, closedByClient: completed && !port.closing() });
    });
  });
}

/** Waits, and says whether the client has gone meanwhile: only a connection that is read shows that. It says nothing before it is let in. */
async function isGoneAfter(waitMs: number, { runtime }: Core, socket: Socket): Promise<boolean> {
  if (waitMs <= 0) return socket.destroyed;
  const gone = new AbortController();
  const leave = (): void => {
    socket.destroy();
    gone.abort();
  };
  for (const sign of ['end', 'close']) socket.once(sign, leave);
  socket.resume();
  await runtime.sleep(waitMs, gone.signal);
  for (const sign of ['end', 'close']) socket.off(sign, leave);
  return gone.signal.aborted;
}

/** Answers one request for a WebSocket. Never rejects. */
export async function upgrade(place: Place, given: Upgrade): Promise<void> {
  const { core, port } = place;
  const { method = 'GET', url = '/', headers } = given.message;
  const request = readRequest({ method, url, headers, bytes: Buffer.alloc(0) });
  const taken = takeRequest(core, request);
  if (taken.closesPortForMs !== undefined) port.closeFor(taken.closesPortForMs);
  if (taken.plan.head?.status !== 101) return refuse(place, taken, given);
  if (await isGoneAfter(taken.plan.waitMs, core, given.socket))
    endRequest(core, taken.entry, { completed: false, closedByClient: !port.closing() });
  else begin(place, taken, request, given);
}
