/** The end of a text that a continuation has to begin with, and what stands before it. */
export interface BrokenOff {
  readonly before: string;
  /** Occurs once in the text, at its end; so what begins with it can be joined in one place only. */
  readonly anchor: string;
}

/** How long an anchor is at least, in characters, where the text has so many. */
const leastAnchor = 64;

/** Shorter texts are not gone on with, in characters: what fits so little may fit by chance. */
export const leastBroken = 16;

/** How far back a word's beginning is looked for, in characters. */
const longestWord = 32;

/** White space, which models like to leave out at a beginning; and the second half of a character. */
const badBeginning = /[\s\udc00-\udfff]/;

/** At or before a place, the beginning of a word, so that the model is not asked to begin in the middle of one. */
function wordStart(text: string, at: number): number {
  for (let start = at; start > Math.max(0, at - longestWord); start -= 1) {
    if (/\s/.test(text[start - 1] ?? '') && /\S/.test(text[start] ?? '')) return start;
  }
  let start = at;
  while (start > 0 && badBeginning.test(text[start] ?? '')) start -= 1;
  return start;
}

/** Where a text breaks off: its end, long enough to occur in it once. */
export function brokenOff(text: string): BrokenOff {
  let start = 0;
  for (let length = leastAnchor; length < text.length; length *= 2) {
    start = wordStart(text, text.length - length);
    if (text.indexOf(text.slice(start)) === start) break;
    start = 0;
  }
  return { before: text.slice(0, start), anchor: text.slice(start) };
}

/**
 * Joins what a model wrote to go on with a text to that text. It must begin with a part of the text that reaches to its end and is no
 * shorter than the anchor: that part is what both have, and is cut. A model may have gone further back, even to the beginning.
 * Anything else cannot be joined without guessing.
 */
export class Splice {
  readonly #text: string;
  /** Places of the text at which what came so far may begin. Undefined: nothing came. */
  #starts: readonly number[] | undefined;
  readonly #lastStart: number;
  #came = '';
  #isJoined = false;

  constructor(text: string) {
    this.#text = text;
    this.#lastStart = brokenOff(text).before.length;
  }

  /** Has the text been reached to its end, so that all that follows is new? */
  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** Is it clear that what came does not fit? */
  get isRefused(): boolean {
    return !this.#isJoined && this.#starts?.length === 0;
  }

  /** Takes what came next, and gives what of it is new. */
  write(piece: string): string {
    if (this.#isJoined) return piece;
    // White space before the first word is no part of what was asked for.
    const text = this.#came === '' && !/^\s/.test(this.#text) ? piece.trimStart() : piece;
    if (text === '') return '';
    const from = this.#came.length;
    this.#came += text;
    this.#starts = (this.#starts ?? this.#allStarts(text)).filter(start => this.#fits(start, from));
    const joined = this.#starts.find(start => this.#came.length >= this.#text.length - start);
    if (joined === undefined) return '';
    this.#isJoined = true;
    return this.#came.slice(this.#text.length - joined);
  }

  #allStarts(text: string): number[] {
    const starts: number[] = [];
    const first = text.charAt(0);
    for (let at = this.#text.indexOf(first); at >= 0 && at <= this.#lastStart; at = this.#text.indexOf(first, at + 1)) {
      starts.push(at);
    }
    return starts;
  }

  /** Does what came from a place on stand in the text, as far as the text goes? */
  #fits(start: number, from: number): boolean {
    const known = this.#text.slice(start + from, start + this.#came.length);
    return this.#came.startsWith(known, from);
  }
}
