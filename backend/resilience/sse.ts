/** One server-sent event, or text in the stream that is none: servers put bare JSON errors there. */
export type SseEvent =
  | { readonly kind: 'data'; readonly data: string }
  | { readonly kind: 'stray'; readonly text: string };

/** Stray text is only ever an error message: more of it than this is dropped. */
const longestStray = 262_144;

const fieldName = /^(data|event|id|retry)$/;

const lineBreaks = /\r\n?|\n/g;

/** Decodes server-sent events as the WHATWG specification reads them, in time linear in their size however they are cut. */
export class SseDecoder {
  readonly #text = new TextDecoder();
  /** The line under way, in the pieces it came in. */
  #line: string[] = [];
  #endedWithCr = false;
  #data: string[] = [];
  #stray: string[] = [];
  #strayLength = 0;
  #events: SseEvent[] = [];
  #moved = false;

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
      this.#line.push(text.slice(from, index));
      this.#endLine();
      from = index + lineBreak.length;
    }
    if (from < text.length) this.#line.push(text.slice(from));
    if (this.#line.length > 0 && !this.#line[0]?.startsWith(':')) this.#moved = true;
  }

  #endLine(): void {
    const line = this.#line.length === 1 ? (this.#line[0] ?? '') : this.#line.join('');
    this.#line = [];
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
    if (this.#data.length > 0) this.#events.push({ kind: 'data', data: this.#data.join('\n') });
    this.#stray = [];
    this.#strayLength = 0;
    this.#data = [];
  }
}
