import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How a server ends a connection: in order, by closing it, by resetting it, or not at all. */
export type Ending = 'end' | 'fin' | 'reset' | 'stall';

/** What a server sends after its headers, byte for byte, and how it ends. `apart`: each piece in a packet of its own. */
export interface Sent {
  readonly bytes: readonly (string | Uint8Array)[];
  readonly ending: Ending;
  readonly apart?: boolean;
}

/** A server whose every byte is known. */
export interface RawServer extends AsyncDisposable {
  readonly url: string;
  /** Bodies of all requests. */
  readonly bodies: string[];
  /**
   * Connections that carry an answer which has not ended. One that is merely kept to be used again is not counted: the platform holds
   * such a connection for four seconds.
   */
  readonly open: () => number;
  /** Closes all connections, also those that are kept. */
  readonly disconnect: () => void;
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request) body += piece;
  return body;
}

/** @param answer what the `count`th request, from 1, is answered with */
export async function rawServer(answer: (body: string, count: number) => Sent): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const under = new Set<Socket>();
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    under.add(request.socket);
    response.on('close', () => under.delete(request.socket));
    const body = await bodyOf(request).catch(() => '');
    bodies.push(body);
    const { bytes, ending, apart } = answer(body, bodies.length);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    for (const piece of bytes) {
      if (apart) await pause(5);
      if (response.destroyed) return;
      response.write(piece);
    }
    if (ending === 'end') response.end();
    // What was written has to be there before the connection breaks.
    if (ending === 'fin' || ending === 'reset') {
      await pause(15);
      if (ending === 'fin') response.socket?.destroySoon();
      else response.socket?.resetAndDestroy();
    }
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const disconnect = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    open: () => under.size,
    disconnect,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        disconnect();
      }),
  };
}

/** An event with this value. */
export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\r\n\r\n`;

/** An event with words of an answer. */
export const words = (text: string, finishReason?: string): string =>
  event({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...(finishReason && { finishReason }) }],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount: text.length, totalTokenCount: 7 + text.length },
    modelVersion: 'gemini-test',
  });
