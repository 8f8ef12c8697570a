/** One server-sent event, or text in the stream that is none: servers put bare JSON errors there. */
export type SseEvent =
  | {
      readonly kind: 'data';
      readonly data: string;
      /** Long strings that were cut out of it, by the marks in their places. Absent: none were. */
      readonly long?: ReadonlyMap<string, string>;
      /** Its `event:` line says that it is an error. Absent: it does not. */
      readonly isError?: true;
    }
  | { readonly kind: 'stray'; readonly text: string };

/** Stray text is only ever an error message: more of it than this is dropped. */
const longestStray = 262_144;

const fieldName = /^(data|event|id|retry)$/;

const lineBreaks = /\r\n?|\n/g;

/** A line that comes in pieces. */
export interface LineText {
  /** Its first piece, which says whether it is a comment; undefined where there is none yet. */
  readonly first: string | undefined;
  write(piece: string): void;
  /** The whole of it. What is written next is another line. */
  take(): string;
  /** Long strings that were cut out of what was taken last, by the marks in their places. */
  readonly long: ReadonlyMap<string, string> | undefined;
}

/** One that is kept as it comes. */
class PlainLine implements LineText {
  #pieces: string[] = [];
  readonly long = undefined;

  get first(): string | undefined {
    return this.#pieces[0];
  }

  write(piece: string): void {
    this.#pieces.push(piece);
  }

  take(): string {
    const text = this.#pieces.length === 1 ? (this.#pieces[0] ?? '') : this.#pieces.join('');
    this.#pieces = [];
    return text;
  }
}

/** Decodes server-sent events as the WHATWG specification reads them, in time linear in their size however they are cut. */
export class SseDecoder {
  readonly #text = new TextDecoder();
  /** The line under way. */
  readonly #line: LineText;
  #long: Map<string, string> | undefined;
  #endedWithCr = false;
  #data: string[] = [];
  #isError = false;
  #stray: string[] = [];
  #strayLength = 0;
  #events: SseEvent[] = [];
  #moved = false;

  /** @param line what lines are gathered in, where something is to be cut out of them */
  constructor(line: LineText = new PlainLine()) {
    this.#line = line;
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
    if (this.#line.first !== undefined) this.#endLine();
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
      this.#line.write(text.slice(from, index));
      this.#endLine();
      from = index + lineBreak.length;
    }
    if (from < text.length) this.#line.write(text.slice(from));
    if (this.#line.first?.startsWith(':') === false) this.#moved = true;
  }

  #endLine(): void {
    const line = this.#line.take();
    const { long } = this.#line;
    if (long !== undefined && long.size > 0) this.#long = new Map([...(this.#long ?? []), ...long]);
    if (line === '') {
      this.#endEvent();
      return;
    }
    if (line.startsWith(':')) return;
    this.#moved = true;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    if (name === 'data') this.#data.push(line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1));
    else if (name === 'event') this.#isError = /^event: ?error$/.test(line);
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
    this.#isError = false;
  }

  #dataEvent(): SseEvent {
    const data = this.#data.join('\n');
    if (this.#long === undefined && !this.#isError) return { kind: 'data', data };
    return { kind: 'data', data, ...(this.#long && { long: this.#long }), ...(this.#isError && { isError: true }) };
  }
}
