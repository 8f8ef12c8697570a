/** The server socket: opens, closes and reopens one port, and knows every connection. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const host = '127.0.0.1';
/** More waiting connections than any test opens at once; the system may allow fewer. */
const backlog = 4096;

/** One port of 127.0.0.1. */
export interface Listener {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  /** Closes the port: whoever connects is refused. Requests under way go on. Each call needs an `open` of its own. */
  shut(): void;
  /** Takes back one `shut`; the last one reopens the port. */
  open(): Promise<void>;
  /** Destroys every connection and closes the port for good. */
  close(): Promise<void>;
}

function serverFor(handle: (message: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer(
    {
      keepAliveTimeout: 65_000,
      requestTimeout: 0,
      headersTimeout: 0,
      connectionsCheckingInterval: 3_600_000,
      maxHeaderSize: 1 << 20,
    },
    handle,
  );
  server.maxConnections = Number.POSITIVE_INFINITY;
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

async function listenOn(server: Server, port: number): Promise<void> {
  server.listen({ host, port, backlog });
  await once(server, 'listening');
}

function track(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client that resets its connection is nothing to crash about.
    socket.on('error', () => {});
  });
  return sockets;
}

/** Brings the server to the state that is wanted now, also where that changes while it listens or closes. */
function follower(server: Server, port: () => number, wanted: () => boolean): () => Promise<void> {
  let following = Promise.resolve();
  async function follow(): Promise<void> {
    while (wanted() !== server.listening) {
      if (wanted()) await listenOn(server, port());
      else server.close();
    }
  }
  return () => {
    if (!wanted() && server.listening) server.close();
    following = following.catch(() => {}).then(follow);
    return following;
  };
}

/** Who answers what comes in. */
export interface Handlers {
  readonly request: (message: IncomingMessage, response: ServerResponse) => void;
  /** A request that wants to become a WebSocket; `head` is what followed it. */
  readonly upgrade: (message: IncomingMessage, socket: Socket, head: Buffer) => void;
}

/** Listens on the port (0: a free one) of 127.0.0.1. Rejects where the port is taken. */
export async function listen(port: number, handlers: Handlers): Promise<Listener> {
  let shuts = 0;
  let closed = false;
  let bound = port;
  const server = serverFor((message, response) => {
    // A kept-alive connection must not be a back door while the port is closed.
    if (shuts > 0) message.socket.resetAndDestroy();
    else handlers.request(message, response);
  });
  server.on('upgrade', (message: IncomingMessage, socket: Socket, head: Buffer) => {
    if (shuts > 0) socket.resetAndDestroy();
    else handlers.upgrade(message, socket, head);
  });
  const sockets = track(server);
  const follow = follower(
    server,
    () => bound,
    () => shuts === 0 && !closed,
  );
  await follow();
  bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    sockets,
    shut() {
      shuts += 1;
      void follow();
    },
    open() {
      shuts = Math.max(0, shuts - 1);
      return follow();
    },
    async close() {
      closed = true;
      await follow();
      const closing = [...sockets].map(socket => once(socket, 'close'));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closing);
    },
  };
}
