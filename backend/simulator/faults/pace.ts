/** Answers that come late, slowly, or not at all. */

import type { Piece, Plan } from '../plan.ts';
import { bytesOf, inPieces, withHeaders } from './cutting.ts';
import type { Fault, FaultContext } from './fault.ts';

const untilTheClientGivesUp = Number.POSITIVE_INFINITY;

function lasts({ parameters }: FaultContext): number {
  return parameters.lastsMs ?? untilTheClientGivesUp;
}

function pausedAt(pieces: readonly Piece[], place: number, waitMs: number): readonly Piece[] {
  return pieces.map((piece, index) => (index === place ? { ...piece, waitMs } : piece));
}

function withLength(plan: Plan): Plan {
  return plan.framing === 'length' ? withHeaders(plan, { 'content-length': String(bytesOf(plan)) }) : plan;
}

function stallMidway(plan: Plan, context: FaultContext): Plan {
  const pieces = inPieces(plan, 2);
  return { ...withLength(plan), pieces: pausedAt(pieces, Math.ceil(pieces.length / 2), lasts(context)) };
}

function trickle(plan: Plan, { parameters }: FaultContext): Plan {
  const waitMs = parameters.chunkMs ?? 50;
  return { ...withLength(plan), pieces: inPieces(plan, 8).map(piece => ({ ...piece, waitMs })) };
}

/** Stalls last until the client gives up, unless the step says `lastsMs`; then the answer goes on to its end. */
export const paceFaults = {
  'stall-before-headers': { work: 'done', on: 'any', spoil: (plan, context) => ({ ...plan, waitMs: lasts(context) }) },
  'stall-before-body': {
    work: 'done',
    on: 'any',
    spoil: (plan, context) => ({ ...withLength(plan), pieces: pausedAt(inPieces(plan, 1), 0, lasts(context)) }),
  },
  'stall-mid-body': { work: 'done', on: 'any', spoil: stallMidway },
  /** The whole answer, a piece every `chunkMs` (50). */
  slow: { work: 'done', on: 'any', spoil: trickle },
} as const satisfies Readonly<Record<string, Fault>>;
