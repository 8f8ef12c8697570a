import { overlapOf } from './overlap.ts';

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

const fence = /^[ \t]*```/gm;
const openingFence = /^\s*```[^\n]*\n/;

/** Does a block of code begin in the text that does not end in it? */
const endsInCode = (text: string): boolean => (text.match(fence)?.length ?? 0) % 2 === 1;

/** How much more has to come before it is laid over the text again: so the work stays in proportion to the texts. */
const growth = 1.25;

/**
 * Joins what a model wrote to go on with a text to that text. It must begin with a part of the text that reaches to its end and is no
 * shorter than the anchor: that part is what both have, and is cut. A model may have gone further back, even to the beginning.
 * Anything else cannot be joined without guessing.
 */
export class Splice {
  readonly #text: string;
  readonly #anchor: string;
  readonly #endsInCode: boolean;
  /** What has come before the two are joined; then what is new, while it may still be the same words once more. */
  #came = '';
  #nextLook: number;
  #state: 'searching' | 'watching' | 'joined' | 'refused' = 'searching';

  constructor(text: string) {
    this.#text = text;
    this.#anchor = brokenOff(text).anchor;
    this.#endsInCode = endsInCode(text);
    this.#nextLook = this.#anchor.length;
  }

  /** Has the text been reached to its end, so that all that follows is new? */
  get isJoined(): boolean {
    return this.#state === 'joined' || this.#state === 'watching';
  }

  /** Is it clear that what came does not fit? */
  get isRefused(): boolean {
    return this.#state === 'refused';
  }

  /** Takes what came next, and gives what of it is new. */
  write(piece: string): string {
    if (this.#state === 'joined') return piece;
    if (this.#state === 'refused') return '';
    this.#came += piece;
    if (this.#state === 'searching' && this.#came.length >= this.#nextLook) this.#look();
    return this.#state === 'watching' ? this.#watch() : '';
  }

  /** Nothing more comes: gives what is left of what is new. */
  end(): string {
    if (this.#state === 'searching') this.#look();
    if (this.#state === 'searching') this.#state = 'refused';
    if (this.#state !== 'watching') return '';
    const left = this.#watch();
    if (this.isRefused) return '';
    this.#state = 'joined';
    return left + this.#take();
  }

  #look(): void {
    this.#nextLook = Math.ceil(this.#came.length * growth);
    for (const came of this.#readings()) {
      if (came === '') return;
      const { border, isInside } = overlapOf(this.#text, came);
      if (border >= this.#anchor.length) {
        this.#came = came.slice(border);
        this.#state = 'watching';
        return;
      }
      if (isInside || came.length < this.#anchor.length) return;
    }
    this.#state = 'refused';
  }

  /**
   * Models like to begin with white space that was not there; and in the middle of a block of code with the fence that it began with,
   * which they close, as they would have.
   */
  #readings(): ReadonlySet<string> {
    const readings = new Set([this.#came, this.#came.trimStart()]);
    if (this.#endsInCode) readings.add(this.#came.replace(openingFence, ''));
    return readings;
  }

  /** A model may repeat the words, and only then begin as it was asked to: those would come twice. */
  #watch(): string {
    const again = this.#came.trimStart();
    if (again.length < this.#anchor.length && this.#anchor.startsWith(again)) return '';
    this.#state = again.startsWith(this.#anchor) ? 'refused' : 'joined';
    return this.isRefused ? '' : this.#take();
  }

  #take(): string {
    const fresh = this.#came;
    this.#came = '';
    return fresh;
  }
}
