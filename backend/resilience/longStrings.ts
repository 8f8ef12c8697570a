/** Strings shorter than this stay where they are, in characters: what comes of them costs less than cutting them out. */
const leastLong = 4_096;

/** The beginning of an escape sequence whose rest has not come yet. */
const halfEscape = /\\(?:u[0-9a-fA-F]{0,3})?$/;

/** How much of the end of a text is half an escape sequence. */
function halfLength(text: string): number {
  const half = halfEscape.exec(text.slice(-6))?.[0] ?? '';
  if (half === '') return 0;
  // A backslash that is itself escaped begins nothing.
  let before = 0;
  for (let at = text.length - half.length - 1; text[at] === '\\'; at -= 1) before += 1;
  return before % 2 === 0 ? half.length : 0;
}

/** A long string value, unescaped and put together piece by piece: so it is never held twice. */
class LongValue {
  #value = '';
  #half = '';
  /** Was there an escape sequence that JSON does not know? */
  isBad = false;

  write(raw: string): void {
    const text = this.#half + raw;
    const half = halfLength(text);
    this.#half = half === 0 ? '' : text.slice(-half);
    const whole = half === 0 ? text : text.slice(0, -half);
    this.#value += whole.includes('\\') ? this.#unescaped(whole) : whole;
  }

  end(): string {
    if (this.#half !== '') this.isBad = true;
    return this.#value;
  }

  #unescaped(text: string): string {
    try {
      return String(JSON.parse(`"${text}"`));
    } catch {
      this.isBad = true;
      return text;
    }
  }
}

/** A JSON text without its long strings, and these by the marks that stand in their places. */
export interface CutText {
  readonly text: string;
  readonly long: ReadonlyMap<string, string>;
}

/**
 * Takes long string values out of a JSON text that comes in pieces, so that what reads it need not copy, scan and parse megabytes
 * of an image again and again. What is no JSON comes out as it came in.
 */
export class LongStrings {
  readonly #mark: string;
  readonly #long = new Map<string, string>();
  readonly #kept: string[] = [];
  #inString = false;
  /** Of the string under way, while it is short. */
  #short: string[] = [];
  #shortLength = 0;
  #value: LongValue | undefined;
  /** The last piece ended with the first half of an escape sequence. */
  #isEscaped = false;
  /** The next backslash of this piece. */
  #backslash = -1;

  /** @param mark what the marks begin with: letters and digits that no answer holds by chance */
  constructor(mark: string) {
    this.#mark = mark;
  }

  write(piece: string): void {
    let from = 0;
    this.#backslash = -1;
    while (from < piece.length) {
      const quote = this.#inString ? this.#closing(piece, from) : piece.indexOf('"', from);
      const end = quote < 0 ? piece.length : quote;
      if (this.#inString) this.#writeString(piece.slice(from, end));
      else this.#kept.push(piece.slice(from, end));
      if (quote >= 0) this.#turn();
      from = end + 1;
    }
  }

  end(): CutText {
    if (this.#inString) this.#endString();
    return { text: this.#kept.join(''), long: this.#long };
  }

  /** A quote: a string begins or ends. */
  #turn(): void {
    if (this.#inString) this.#endString();
    this.#inString = !this.#inString;
    this.#kept.push('"');
  }

  /** Where the string ends; below 0: not in this piece. */
  #closing(piece: string, from: number): number {
    let at = this.#isEscaped ? from + 1 : from;
    this.#isEscaped = false;
    for (;;) {
      const quote = piece.indexOf('"', at);
      const end = quote < 0 ? piece.length : quote;
      const backslash = this.#nextBackslash(piece, at);
      if (backslash >= end) return quote;
      at = backslash + 2;
      if (at > piece.length) this.#isEscaped = true;
      if (at >= piece.length) return -1;
    }
  }

  /** The next backslash at or after a place. Each search goes on where the last one ended. */
  #nextBackslash(piece: string, from: number): number {
    if (this.#backslash < from) {
      const found = piece.indexOf('\\', from);
      this.#backslash = found < 0 ? piece.length : found;
    }
    return this.#backslash;
  }

  #writeString(text: string): void {
    if (text === '') return;
    if (this.#value !== undefined) {
      this.#value.write(text);
      return;
    }
    this.#short.push(text);
    this.#shortLength += text.length;
    if (this.#shortLength < leastLong) return;
    this.#value = new LongValue();
    for (const one of this.#short) this.#value.write(one);
    this.#dropShort();
  }

  #endString(): void {
    if (this.#value === undefined) {
      this.#kept.push(...this.#short);
      this.#dropShort();
      return;
    }
    const mark = `${this.#mark}${this.#long.size}`;
    const value = this.#value.end();
    // One that JSON could not read: the text shall not be read as if it could.
    this.#kept.push(this.#value.isBad ? '\\x' : mark);
    this.#long.set(mark, value);
    this.#value = undefined;
  }

  #dropShort(): void {
    this.#short = [];
    this.#shortLength = 0;
  }
}

/** The text as it came. */
export function uncut({ text, long }: CutText): string {
  let whole = text;
  for (const [mark, value] of long) whole = whole.replace(mark, () => JSON.stringify(value).slice(1, -1));
  return whole;
}

/** Puts long strings back into what was read of their text. Changes the value, which must hold nothing twice and no cycle. */
export function restoreLong<T>(value: T, long: Pick<ReadonlyMap<string, string>, 'get'>): T {
  if (typeof value === 'string') return (long.get(value) ?? value) as T;
  if (typeof value !== 'object' || value === null) return value;
  for (const [key, inner] of Object.entries(value)) {
    const restored: unknown = restoreLong(inner, long);
    const name = long.get(key);
    if (name !== undefined) Reflect.deleteProperty(value, key);
    if (name !== undefined || restored !== inner) Reflect.set(value, name ?? key, restored);
  }
  return value;
}
