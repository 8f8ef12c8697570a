import type { GoogleGenAI, LiveConnectConfig, LiveServerMessage, Session } from '@google/genai';
import { LiveSocket, type SocketCallbacks, type SocketOptions } from './liveSocket.ts';
import type { Link } from './outbox.ts';

/** The module of the official client that knows how a session is begun, and how its messages look on the wire. */
export type OfficialLive = GoogleGenAI['live'];

/** A session whose setup the server has accepted, over one connection. */
export interface Connection extends Link {
  /** The official client's own session, which turns parameters into messages. */
  readonly official: Session;
  /** Resolves with what ended the connection. Never rejects. */
  readonly ended: Promise<unknown>;
  /** From now on messages go to `take`, those first that have come already. */
  receive(take: (message: LiveServerMessage) => void): void;
  /** Says goodbye, and resolves when the connection is gone. */
  close(): Promise<void>;
}

/** What a connection is for, and who may end its opening. */
export interface Opening {
  readonly model: string;
  readonly config: LiveConnectConfig;
  readonly signal: AbortSignal;
  readonly socket: SocketOptions;
}

/** Messages from their arrival to whoever takes them. */
class Arrivals {
  #early: LiveServerMessage[] = [];
  #take: ((message: LiveServerMessage) => void) | undefined;

  readonly add = (message: LiveServerMessage): void => {
    if (this.#take === undefined) this.#early.push(message);
    else this.#take(message);
  };

  handOver(take: (message: LiveServerMessage) => void): void {
    const early = this.#early;
    this.#early = [];
    this.#take = take;
    for (const message of early) take(message);
  }
}

/** The official client's module with another maker of WebSockets, for one connection. It takes its own from the same place. */
function withSockets(live: OfficialLive, create: (...given: CreateParameters) => object): OfficialLive {
  return Object.create(live, { webSocketFactory: { value: { create } } });
}

type CreateParameters = [url: string, headers: Record<string, string>, callbacks: SocketCallbacks];

/**
 * Opens one connection and sets the session up, by the official client. What it throws is what ended the connection, and not what the
 * client says of that. The signal ends it at any moment until then, and no later.
 */
export async function openConnection(live: OfficialLive, opening: Opening): Promise<Connection> {
  const { model, signal } = opening;
  const arrivals = new Arrivals();
  let socket: LiveSocket | undefined;
  const create = (...[url, headers, callbacks]: CreateParameters): object => {
    // An access token had to be fetched first.
    signal.throwIfAborted();
    const made = new LiveSocket(url, headers, callbacks, opening.socket);
    socket = made;
    return { connect: () => {}, send: (text: string) => made.send(text), close: () => made.destroy(undefined) };
  };
  const abort = (): void => socket?.destroy(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    const config = { ...opening.config };
    const parameters = { model, config, callbacks: { onmessage: arrivals.add } };
    const official = await withSockets(live, create).connect(parameters);
    if (socket === undefined) throw new Error('The official client opened no connection.');
    return connectionOf(socket, official, arrivals);
  } catch (error) {
    const failure = socket?.failure;
    // The client leaves the connection open where it cannot make a setup of the parameters.
    if (failure === undefined) socket?.destroy(error);
    throw failure === undefined ? error : failure.error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function connectionOf(socket: LiveSocket, official: Session, arrivals: Arrivals): Connection {
  return {
    official,
    ended: socket.ended,
    receive: take => arrivals.handOver(take),
    send: text => socket.send(text),
    close: () => socket.close(),
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
  };
}
