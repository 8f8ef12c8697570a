/** How a text and what came after it lie over each other. */
export interface Overlap {
  /** How much of the end of the text is the beginning of what came: the most, in characters. */
  readonly border: number;
  /** Does all that came stand somewhere inside the text? Then it may still reach its end. */
  readonly isInside: boolean;
}

/** For each beginning of a pattern, how long its longest beginning is that is also its end. */
function bordersOf(pattern: string): Uint32Array {
  const borders = new Uint32Array(pattern.length);
  for (let at = 1, length = 0; at < pattern.length; at += 1) {
    while (length > 0 && pattern.charCodeAt(at) !== pattern.charCodeAt(length)) length = borders[length - 1] ?? 0;
    if (pattern.charCodeAt(at) === pattern.charCodeAt(length)) length += 1;
    borders[at] = length;
  }
  return borders;
}

/** Lays what came over the text, in time linear in both (Knuth, Morris and Pratt), whatever repeats itself in them. */
export function overlapOf(text: string, came: string): Overlap {
  const borders = bordersOf(came);
  let length = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at += 1) {
    if (length === came.length) length = borders[length - 1] ?? 0;
    while (length > 0 && text.charCodeAt(at) !== came.charCodeAt(length)) length = borders[length - 1] ?? 0;
    if (text.charCodeAt(at) === came.charCodeAt(length)) length += 1;
    if (length === came.length && at < text.length - 1) isInside = true;
  }
  return { border: length, isInside };
}
