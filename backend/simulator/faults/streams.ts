/** What can be wrong with server-sent events while the connection is in order. */

import { type Piece, type Plan, sseEvent } from '../plan.ts';
import { bodyOf, firstHalf } from './cutting.ts';
import type { Fault } from './fault.ts';

const overloaded = {
  error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' },
};
const stringCode = { error: { code: 'unavailable', message: 'The model is overloaded. Please try again later.' } };

function events(change: (pieces: readonly Piece[]) => readonly Piece[]): Fault {
  return { work: 'done', on: 'sse', spoil: plan => ({ ...plan, pieces: change(plan.pieces) }) };
}

function afterHalf(...added: readonly Piece[]): Fault {
  return events(pieces => [...firstHalf(pieces), ...added]);
}

function lastChanged(change: (text: string) => string): Fault {
  return events(pieces =>
    pieces.map((piece, index) => (index < pieces.length - 1 ? piece : { bytes: change(String(piece.bytes)) })),
  );
}

function rewritten(change: (text: string) => string): Fault {
  return events(pieces => pieces.map(piece => ({ ...piece, bytes: change(String(piece.bytes)) })));
}

function multiLine(event: string): string {
  const value: unknown = JSON.parse(event.slice('data: '.length));
  return `${JSON.stringify(value, undefined, 1).replaceAll(/^/gm, 'data: ')}\r\n\r\n`;
}

/** Two packets whose border lies inside a character of several bytes, where the answer has one. */
function splitCharacter(plan: Plan): Plan {
  const body = bodyOf(plan);
  const found = body.findIndex(byte => byte >= 0x80);
  const place = found < 0 ? Math.floor(body.length / 2) : found + 1;
  return { ...plan, pieces: [{ bytes: body.subarray(0, place) }, { bytes: body.subarray(place), apart: true }] };
}

const prettyError = `${JSON.stringify(overloaded, undefined, 2)}\r\n\r\n`;

/** Faults of the event stream. They happen to streamed generation only. */
export const streamFaults = {
  'sse-truncated-event': lastChanged(text => text.slice(0, Math.ceil(text.length / 2))),
  'sse-no-blank-line': lastChanged(text => text.trimEnd()),
  'sse-invalid-json': afterHalf({ bytes: 'data: {not json}\r\n\r\n' }),
  'sse-error-first': { ...events(() => [{ bytes: sseEvent(overloaded) }]), work: 'none' },
  'sse-error-mid': afterHalf({ bytes: sseEvent(overloaded), apart: true }),
  /** The error as bare JSON, without `data:`, in one network packet. */
  'sse-error-raw': afterHalf({ bytes: JSON.stringify(overloaded), apart: true }),
  /** The same in two packets: the official SDK does not see it. */
  'sse-error-split': afterHalf(
    { bytes: prettyError.slice(0, prettyError.length / 2), apart: true },
    { bytes: prettyError.slice(prettyError.length / 2), apart: true },
  ),
  'sse-error-string-code': { ...events(() => [{ bytes: sseEvent(stringCode) }]), work: 'none' },
  /** An `event:` line before each `data:` line. */
  'sse-event-lines': rewritten(text => `event: message\r\n${text}`),
  /** A comment before each event, as a heartbeat. */
  'sse-comments': rewritten(text => `: keep-alive\r\n\r\n${text}`),
  'sse-multi-line-data': rewritten(multiLine),
  'sse-done': events(pieces => [...pieces, { bytes: 'data: [DONE]\r\n\r\n' }]),
  'sse-utf8-split': { work: 'done', on: 'sse', spoil: splitCharacter },
} as const satisfies Readonly<Record<string, Fault>>;
