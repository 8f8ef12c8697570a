/** One request over a socket, from its first byte to the end of its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Core } from './core.ts';
import { deliver } from './deliver.ts';
import { readRequest } from './request.ts';
import { endRequest, type Taken, takeRequest } from './takeRequest.ts';

/** The port on which requests come in. */
export interface Port {
  closeFor(ms: number): void;
  /** Whether the simulator itself is closing all connections. */
  closing(): boolean;
}

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

/** Sends the plan and writes into the entry what became of it. */
export async function send(
  { core, port }: { core: Core; port: Port },
  { entry, plan }: Taken,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  let cutHere = false;
  response.once('close', () => {
    gone.abort();
    endRequest(core, entry, {
      completed: response.writableFinished && plan.end === 'complete',
      closedByClient: !response.writableFinished && !cutHere && !port.closing(),
    });
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

/** Answers one request. Never rejects. */
export async function exchange(
  { core, port }: { core: Core; port: Port },
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bytes = await bodyOf(message);
  if (bytes === undefined || response.destroyed) return;
  const { method = 'GET', url = '/', headers } = message;
  const taken = takeRequest(core, readRequest({ method, url, headers, bytes }));
  await send({ core, port }, taken, response);
  if (taken.closesPortForMs !== undefined) port.closeFor(taken.closesPortForMs);
}
