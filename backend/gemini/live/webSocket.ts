import type { HttpFailure } from '../seam/httpFailure.ts';

/** What a connection tells. Nothing after `closed`. */
export interface WebSocketListener {
  opened(): void;
  received(text: string): void;
  /** A sign of life that is no message. */
  alive(): void;
  /** The server has answered the upgrade with something else. */
  refused(answer: HttpFailure): void;
  failed(error: unknown): void;
  closed(code: number, reason: string): void;
}

/** A WebSocket, whichever the platform has. */
export interface LiveWebSocket {
  /** Bytes that were sent and that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Never throws: what is sent into a lost connection is told by its end. */
  send(text: string): void;
  /** Says goodbye. */
  close(code: number): void;
  /** Ends it at once, as far as the platform can. */
  terminate(): void;
  /** Asks for a sign of life; undefined where the platform cannot. */
  readonly ping: (() => void) | undefined;
}

/** Makes one connection. @throws where the address is none, or the platform cannot send the headers */
export type OpenWebSocket = (
  url: string,
  headers: Readonly<Record<string, string>>,
  listener: WebSocketListener,
) => LiveWebSocket;
