import type { Runtime } from '../../resilience/wholeRuntime.ts';
import { LiveClosed } from './liveClosed.ts';
import type { LiveWebSocket, OpenWebSocket } from './webSocket.ts';

/** What the official client wants to be told of a connection. */
export interface SocketCallbacks {
  onopen(): void;
  onmessage(event: { readonly data: string }): void;
  onerror(event: { readonly message: string }): void;
}

/** What a connection is made with. */
export interface SocketOptions {
  readonly runtime: Runtime;
  readonly open: OpenWebSocket;
  /** After so long without a sign of life it is given up. In milliseconds; Infinity: never. */
  readonly idleTimeoutMs: number;
  /** Takes secrets and the caller's own words out of a text. */
  readonly clean: (text: string) => string;
}

/** How long the other side may take to answer a close. In milliseconds. */
const closingMs = 1_000;

/** After this share of the time that a connection may be silent it is pinged: the service may take half a minute to answer. */
const askAfterShare = 0.25;

/** One WebSocket, which ends once and says why. Its errors show neither the address, which holds the key, nor what was sent. */
export class LiveSocket {
  /** Resolves with what ended it. Never rejects. */
  readonly ended: Promise<unknown>;
  readonly #socket: LiveWebSocket;
  readonly #callbacks: SocketCallbacks;
  readonly #options: SocketOptions;
  readonly #end: (error: unknown) => void;
  #failure: { readonly error: unknown } | undefined;
  #isSilent = false;
  /** Resolves when the connection is gone. */
  readonly #gone = Promise.withResolvers<void>();
  #cancelTimer: (() => void) | undefined;

  /** @throws where the address is none */
  constructor(url: string, headers: Record<string, string>, callbacks: SocketCallbacks, options: SocketOptions) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.ended = promise;
    this.#end = resolve;
    this.#callbacks = callbacks;
    this.#options = options;
    this.#socket = this.#created(url, headers);
  }

  /** What ended it, once it has ended. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Bytes that were sent and that the network has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Says goodbye, and resolves when the connection is gone. */
  async close(): Promise<void> {
    this.#fail(new LiveClosed(1000, ''));
    this.#socket.close(1000);
    const cancel = this.#options.runtime.setTimer(closingMs, () => this.#socket.terminate());
    await this.#gone.promise;
    cancel();
  }

  /** Tears it down. */
  destroy(error: unknown): void {
    this.#fail(error);
    this.#socket.terminate();
  }

  #created(url: string, headers: Record<string, string>): LiveWebSocket {
    try {
      return this.#options.open(url, headers, {
        opened: () => {
          this.#watch();
          this.#callbacks.onopen();
        },
        received: text => this.#take(text),
        alive: () => this.#noteLife(),
        refused: answer => this.#fail(answer),
        failed: error => this.#fail(this.#cleaned(error)),
        closed: (code, reason) => {
          this.#fail(new LiveClosed(code, this.#options.clean(reason)));
          this.#gone.resolve();
        },
      });
    } catch (error) {
      throw this.#cleaned(error);
    }
  }

  /** The official client lets what is no JSON, or no object, go as an unhandled rejection. */
  #take(data: string): void {
    this.#noteLife();
    if (this.#failure !== undefined) return;
    let message: unknown;
    try {
      message = JSON.parse(data);
    } catch {
      this.destroy(new Error('The server’s message is not valid JSON.'));
      return;
    }
    if (typeof message === 'object' && message !== null) this.#callbacks.onmessage({ data });
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#cancelTimer?.();
    this.#end(error);
    this.#callbacks.onerror({ message: error instanceof Error ? error.message : '' });
  }

  #noteLife(): void {
    this.#isSilent = false;
  }

  /** Asks for a sign of life where none has come for a while, and gives up where none comes for the rest of the time. */
  #watch(): void {
    const { runtime, idleTimeoutMs } = this.#options;
    const { ping } = this.#socket;
    // Who cannot ask has to take silence for what it mostly is: nobody speaks.
    if (this.#failure !== undefined || idleTimeoutMs === Number.POSITIVE_INFINITY || ping === undefined) return;
    this.#isSilent = true;
    const unlessHeard = (share: number, next: () => void): void => {
      this.#cancelTimer = runtime.setTimer(idleTimeoutMs * share, () => {
        if (this.#isSilent) next();
        else this.#watch();
      });
    };
    const giveUp = (): void =>
      this.destroy(new LiveClosed(1006, `No sign of life for ${idleTimeoutMs} ms (idleTimeoutMs).`));
    unlessHeard(askAfterShare, () => {
      ping();
      unlessHeard(1 - askAfterShare, giveUp);
    });
  }

  #cleaned(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const message = this.#options.clean(error.message);
    if (message === error.message) return error;
    return Object.assign(new Error(message), { name: error.name, code: Reflect.get(error, 'code') });
  }
}
