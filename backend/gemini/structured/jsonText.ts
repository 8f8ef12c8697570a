const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const stop = /["\\]/g;
const unicode = /^u[\da-f]{4}$/i;
const firstHalf = /[\ud800-\udbff]$/;

/** A text in JSON as it comes. Whatever is shown of it has whole escapes and whole characters, and nothing is read twice. */
export class JsonText {
  #text = '';
  /** Half of a pair of code units is no character: it waits for the other half. */
  #held = '';
  /** The escape under way, without its backslash. */
  #escape: string | undefined;

  /** The text so far. */
  get text(): string {
    return this.#text;
  }

  /** The text at its end, which may hold half a pair. */
  get whole(): string {
    return this.#text + this.#held;
  }

  /**
   * Reads on from `start`. The place after what was read; whether the text has ended there; whether it is no text.
   */
  read(piece: string, start: number): { readonly at: number; readonly isOver: boolean; readonly isBroken: boolean } {
    let at = start;
    while (at < piece.length) {
      if (this.#escape !== undefined) {
        if (!this.#readEscape(piece.charAt(at))) return { at, isOver: false, isBroken: true };
        at += 1;
        continue;
      }
      stop.lastIndex = at;
      const end = stop.exec(piece)?.index ?? piece.length;
      if (end > at) this.#add(piece.slice(at, end));
      at = end + 1;
      if (piece[end] === '"') return { at, isOver: true, isBroken: false };
      if (piece[end] === '\\') this.#escape = '';
    }
    return { at: piece.length, isOver: false, isBroken: false };
  }

  /** Is it an escape, so far? */
  #readEscape(character: string): boolean {
    const sofar = `${this.#escape}${character}`;
    const single = sofar.length === 1 ? escapes[sofar] : undefined;
    const isWhole = single !== undefined || sofar.length === 5;
    this.#escape = isWhole ? undefined : sofar;
    if (!isWhole) return sofar.startsWith('u');
    if (single === undefined && !unicode.test(sofar)) return false;
    this.#add(single ?? String.fromCharCode(Number.parseInt(sofar.slice(1), 16)));
    return true;
  }

  #add(part: string): void {
    const joined = this.#held + part;
    const isHalf = firstHalf.test(joined.slice(-1));
    this.#held = isHalf ? joined.slice(-1) : '';
    this.#text += isHalf ? joined.slice(0, -1) : joined;
  }
}
