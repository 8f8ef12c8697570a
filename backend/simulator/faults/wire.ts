/** What happens to connections: resets, early ends, wrong lengths, nonsense in the place of HTTP. */

import type { Piece, Plan } from '../plan.ts';
import { wholePlan } from '../plan.ts';
import { bytesOf, firstHalf, withHeaders } from './cutting.ts';
import type { Fault } from './fault.ts';

const nothing: Plan = { waitMs: 0, framing: 'length', pieces: [], end: 'reset' };

function lost(end: Plan['end'], pieces: readonly Piece[] = []): Fault {
  return { work: 'maybe', on: 'any', instead: () => ({ ...nothing, pieces, end }) };
}

function spoilt(spoil: (plan: Plan) => Plan): Fault {
  return { work: 'done', on: 'any', spoil };
}

/** Keeps the length of the whole as what is promised; a stream says that it closes its connection, as the service's do. */
function promised(plan: Plan): Plan {
  if (plan.framing === 'chunked') return withHeaders(plan, { connection: 'close' });
  return withHeaders(plan, { 'content-length': String(bytesOf(plan)) });
}

function cut(plan: Plan, end: 'reset' | 'fin'): Plan {
  return { ...promised(plan), pieces: firstHalf(plan.pieces), end };
}

function misstated(plan: Plan, difference: number): Plan {
  const length = Math.max(1, bytesOf(plan) + difference);
  return { ...withHeaders(plan, { 'content-length': String(length) }), framing: 'length', end: 'fin' };
}

const headersOf64Kb = Object.fromEntries(
  Array.from({ length: 64 }, (_, index) => [`x-filler-${index}`, 'x'.repeat(1024)]),
);

/** Broken connections. On streams the middle of the body is the middle of the stream. */
export const wireFaults = {
  /** The connection is reset and the port closed for `lastsMs` (50), so that who connects meanwhile is refused. */
  refused: { ...lost('reset'), work: 'none', closesPort: true },
  'reset-before-headers': lost('reset'),
  'fin-before-headers': lost('fin'),
  'reset-after-headers': spoilt(plan => ({ ...promised(plan), pieces: [], end: 'reset' })),
  'reset-mid-body': spoilt(plan => cut(plan, 'reset')),
  'fin-mid-body': spoilt(plan => cut(plan, 'fin')),
  'fin-mid-chunked': spoilt(plan => ({ ...plan, framing: 'chunked', pieces: firstHalf(plan.pieces), end: 'fin' })),
  /** The head promises 20 bytes fewer than follow. */
  'content-length-short': spoilt(plan => misstated(plan, -20)),
  /** The head promises 100 bytes more than follow. */
  'content-length-long': spoilt(plan => misstated(plan, 100)),
  'garbage-http': lost('fin', [{ bytes: 'this is no HTTP at all\r\n\r\n' }]),
  'header-overflow': { work: 'maybe', on: 'any', instead: () => wholePlan(200, headersOf64Kb, '{}') },
  'bad-gzip': spoilt(plan => withHeaders(plan, { 'content-encoding': 'gzip' })),
} as const satisfies Readonly<Record<string, Fault>>;
