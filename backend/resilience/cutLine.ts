import { LongStrings } from './longStrings.ts';
import type { LineText } from './sse.ts';

/** From lines of this length on, long strings are cut out of them, in characters. */
const longLine = 8_192;

/** A line out of which long strings are cut while it comes. */
export class CutLine implements LineText {
  readonly #mark: string;
  #lines = 0;
  #pieces: string[] = [];
  #length = 0;
  #cutter: LongStrings | undefined;
  long: ReadonlyMap<string, string> | undefined;

  /** @param mark what the marks of the strings begin with */
  constructor(mark: string) {
    this.#mark = mark;
  }

  get first(): string | undefined {
    return this.#pieces[0];
  }

  write(piece: string): void {
    if (this.#cutter !== undefined) {
      this.#cutter.write(piece);
      return;
    }
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length < longLine) return;
    this.#lines += 1;
    this.#cutter = new LongStrings(`${this.#mark}${this.#lines}x`);
    for (const one of this.#pieces) this.#cutter.write(one);
    this.#pieces.length = 1;
  }

  take(): string {
    const cut = this.#cutter?.end();
    const text = cut?.text ?? this.#pieces.join('');
    this.long = cut?.long;
    this.#pieces = [];
    this.#length = 0;
    this.#cutter = undefined;
    return text;
  }
}
