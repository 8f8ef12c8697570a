import type { Part } from '@google/genai';

/** A part that is nothing but text: whatever else a part says, a signature above all, belongs to that part alone. */
function isBareText(part: Part): part is Part & { readonly text: string } {
  return typeof part.text === 'string' && Object.keys(part).every(name => name === 'text' || name === 'thought');
}

/**
 * The parts of a streamed answer as one turn: neighbouring words of the same kind become one part, every other part stays as it
 * came. Text without words is left out, unless it carries something.
 */
export function joinParts(pieces: Iterable<Part>): Part[] {
  const joined: Part[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (!isBareText(piece)) joined.push(piece);
    else if (piece.text === '') continue;
    else if (last !== undefined && isBareText(last) && Boolean(last.thought) === Boolean(piece.thought))
      joined[joined.length - 1] = { ...last, text: last.text + piece.text };
    else joined.push(piece);
  }
  return joined;
}
