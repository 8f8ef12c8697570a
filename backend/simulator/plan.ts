/** What goes over the socket for one request, and when: the last value before bytes are sent. */

import type { Answer, Chunk } from './answer.ts';

/** Status line and headers. */
export interface Head {
  readonly status: number;
  /** The reason phrase; the usual one of the status where absent. */
  readonly reason?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Bytes of the body that are written together. */
export interface Piece {
  readonly bytes: string | Buffer;
  /** Milliseconds to wait before these bytes; Infinity waits until the client gives up. */
  readonly waitMs?: number;
  /** Send these bytes as a network packet of their own. */
  readonly apart?: boolean;
}

/** The whole answer as it goes over the socket. */
export interface Plan {
  /** Milliseconds before the head; Infinity waits until the client gives up. */
  readonly waitMs: number;
  /** Absent: no HTTP head; the pieces go to the bare socket. */
  readonly head?: Head;
  /** `length` states a content-length unless the head has one; `chunked` does not. */
  readonly framing: 'length' | 'chunked';
  readonly pieces: readonly Piece[];
  /** How it ends: `complete` keeps the connection, `fin` closes it in order, `reset` tears it down. */
  readonly end: 'complete' | 'fin' | 'reset';
}

const serverHeaders = {
  vary: 'Origin, X-Origin, Referer',
  server: 'scaffolding on HTTPServer2',
  'x-content-type-options': 'nosniff',
} as const;

const jsonType = 'application/json; charset=UTF-8';

/** A plan that sends one whole body and keeps the connection. */
export function wholePlan(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): Plan {
  const pieces = body.length === 0 ? [] : [{ bytes: body }];
  return {
    waitMs: 0,
    head: { status, headers: { ...serverHeaders, ...headers } },
    framing: 'length',
    pieces,
    end: 'complete',
  };
}

/** A plan that sends a JSON value. */
export function jsonPlan(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Plan {
  return wholePlan(status, { 'content-type': jsonType, ...headers }, JSON.stringify(value));
}

/** One server-sent event as the service writes it. */
export function sseEvent(value: unknown): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`;
}

function arrayPieces(chunks: readonly Chunk[]): string[] {
  const last = chunks.length - 1;
  if (last < 0) return ['[]'];
  return chunks.map(
    (chunk, index) => `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk)}${index === last ? ']' : ''}`,
  );
}

/** Turns what the service says into bytes; the chunks of a stream are `chunkGapMs` apart. */
export function planOf(answer: Answer, chunkGapMs: number): Plan {
  const { content, headers, status } = answer;
  if (content.kind === 'bytes')
    return wholePlan(status, { 'content-type': content.contentType, ...headers }, content.bytes);
  if (content.framing === 'json') return jsonPlan(status, content.chunks[0] ?? {}, headers);
  const texts = content.framing === 'sse' ? content.chunks.map(sseEvent) : arrayPieces(content.chunks);
  const contentType = content.framing === 'sse' ? 'text/event-stream' : jsonType;
  return {
    waitMs: 0,
    head: { status, headers: { ...serverHeaders, 'content-type': contentType, ...headers } },
    framing: 'chunked',
    pieces: texts.map((bytes, index) => (index === 0 || chunkGapMs === 0 ? { bytes } : { bytes, waitMs: chunkGapMs })),
    end: 'complete',
  };
}
