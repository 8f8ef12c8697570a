/** Taking plans apart: halves, slices, other headers. */

import type { Piece, Plan } from '../plan.ts';

/** The bytes of the whole body. */
export function bytesOf(plan: Plan): number {
  return plan.pieces.reduce((sum, { bytes }) => sum + Buffer.byteLength(bytes), 0);
}

/** The plan with more headers, or others. */
export function withHeaders(plan: Plan, headers: Readonly<Record<string, string>>): Plan {
  if (plan.head === undefined) return plan;
  return { ...plan, head: { ...plan.head, headers: { ...plan.head.headers, ...headers } } };
}

/** The plan's body as one buffer. */
export function bodyOf(plan: Plan): Buffer {
  return Buffer.concat(plan.pieces.map(({ bytes }) => Buffer.from(bytes)));
}

/** The first half of the pieces, or of the one piece; never nothing where there is something. */
export function firstHalf(pieces: readonly Piece[]): readonly Piece[] {
  const [only] = pieces;
  if (only === undefined) return [];
  if (pieces.length > 1) return pieces.slice(0, Math.ceil(pieces.length / 2));
  const bytes = Buffer.from(only.bytes);
  return [{ ...only, bytes: bytes.subarray(0, Math.ceil(bytes.length / 2)) }];
}

/** The body in at least `count` pieces: as it is where it has them, otherwise cut into so many of equal size. */
export function inPieces(plan: Plan, count: number): readonly Piece[] {
  if (plan.pieces.length >= count) return plan.pieces;
  const body = bodyOf(plan);
  const size = Math.max(1, Math.ceil(body.length / count));
  return Array.from({ length: Math.ceil(body.length / size) }, (_, index) => ({
    bytes: body.subarray(index * size, (index + 1) * size),
  }));
}
