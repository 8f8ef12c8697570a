import type { Screen } from './colors.ts';

/** What a terminal has that says nothing, or 0: pseudo-terminals without a window do. */
const usualColumns = 80;

/** Narrower than this nothing can be laid out: such a terminal wraps by itself. */
const fewestColumns = 40;

/** Characters in a line. Infinity where it is no terminal. */
export function widthOf({ isTTY = false, columns = 0 }: Screen): number {
  if (!isTTY) return Number.POSITIVE_INFINITY;
  return columns > 0 ? Math.max(columns, fewestColumns) : usualColumns;
}
