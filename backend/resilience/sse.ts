import type { LongStrings } from './longStrings.ts';

/** One server-sent event, or text in the stream that is none: servers put bare JSON errors there. */
export type SseEvent =
  | {
      readonly kind: 'data';
      readonly data: string;
      /** Long strings that were cut out of it, by the marks in their places. Absent: none were. */
      readonly long?: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'stray'; readonly text: string };

/** Stray text is only ever an error message: more of it than this is dropped. */
const longestStray = 262_144;

/** From lines of this length on, long strings are cut out of them, in characters. */
const longLine = 8_192;

const fieldName = /^(data|event|id|retry)$/;

const lineBreaks = /\r\n?|\n/g;

/** Decodes server-sent events as the WHATWG specification reads them, in time linear in their size however they are cut. */
export class SseDecoder {
  readonly #text = new TextDecoder();
  /** The line under way, in the pieces it came in. */
  #line: string[] = [];
  #lineLength = 0;
  #cutter: LongStrings | undefined;
  readonly #cutterFor: (() => LongStrings) | undefined;
  #long: Map<string, string> | undefined;
  #endedWithCr = false;
  #data: string[] = [];
  #stray: string[] = [];
  #strayLength = 0;
  #events: SseEvent[] = [];
  #moved = false;

  /** @param cutterFor where long strings are to be cut out of the events: what does so, anew for each long line */
  constructor(cutterFor?: () => LongStrings) {
    this.#cutterFor = cutterFor;
  }

  /** Did the last bytes hold anything but comments and blank lines? */
  get moved(): boolean {
    return this.#moved;
  }

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): readonly SseEvent[] {
    this.#moved = false;
    this.#scan(this.#text.decode(bytes, { stream: true }));
    return this.#take();
  }

  /** What is left at the end of the stream: a last event without its blank line, or stray text. */
  end(): readonly SseEvent[] {
    this.#scan(this.#text.decode());
    if (this.#line.length > 0) this.#endLine();
    this.#endEvent();
    return this.#take();
  }

  #take(): readonly SseEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #scan(text: string): void {
    if (text === '') return;
    // The second half of a line break that was cut in two.
    let from = this.#endedWithCr && text.startsWith('\n') ? 1 : 0;
    this.#endedWithCr = text.endsWith('\r');
    for (const { 0: lineBreak, index } of text.matchAll(lineBreaks)) {
      if (index < from) continue;
      this.#write(text.slice(from, index));
      this.#endLine();
      from = index + lineBreak.length;
    }
    if (from < text.length) this.#write(text.slice(from));
    if (this.#line.length > 0 && !this.#line[0]?.startsWith(':')) this.#moved = true;
  }

  #write(piece: string): void {
    if (this.#cutter !== undefined) {
      this.#cutter.write(piece);
      return;
    }
    this.#line.push(piece);
    this.#lineLength += piece.length;
    if (this.#cutterFor === undefined || this.#lineLength < longLine) return;
    this.#cutter = this.#cutterFor();
    for (const one of this.#line) this.#cutter.write(one);
    // What says whether it is a comment.
    this.#line = this.#line.slice(0, 1);
  }

  #takeLine(): string {
    const cut = this.#cutter?.end();
    const line = cut?.text ?? (this.#line.length === 1 ? (this.#line[0] ?? '') : this.#line.join(''));
    if (cut !== undefined && cut.long.size > 0) this.#long = new Map([...(this.#long ?? []), ...cut.long]);
    this.#line = [];
    this.#lineLength = 0;
    this.#cutter = undefined;
    return line;
  }

  #endLine(): void {
    const line = this.#takeLine();
    if (line === '') {
      this.#endEvent();
      return;
    }
    if (line.startsWith(':')) return;
    this.#moved = true;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    if (name === 'data') this.#data.push(line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1));
    else if (!fieldName.test(name)) this.#keepStray(line);
  }

  #keepStray(line: string): void {
    if (this.#strayLength > longestStray) return;
    this.#stray.push(line);
    this.#strayLength += line.length;
  }

  #endEvent(): void {
    if (this.#stray.length > 0) this.#events.push({ kind: 'stray', text: this.#stray.join('\n') });
    if (this.#data.length > 0) this.#events.push(this.#dataEvent());
    this.#long = undefined;
    this.#stray = [];
    this.#strayLength = 0;
    this.#data = [];
  }

  #dataEvent(): SseEvent {
    const data = this.#data.join('\n');
    return this.#long === undefined ? { kind: 'data', data } : { kind: 'data', data, long: this.#long };
  }
}
