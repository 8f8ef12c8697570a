import { SseDecoder, type SseEvent } from '../../resilience/sse.ts';

/** Cuts bytes into the data of events. */
export interface StreamDecoder {
  /** The data of the events that these bytes complete. */
  push(bytes: Uint8Array): readonly string[];
  /** What is left at the end. */
  end(): readonly string[];
  /** Did the last bytes hold anything but comments? */
  readonly moved: boolean;
  /** Did the service mark these data as an error, whatever they hold? */
  isError(data: string): boolean;
}

/** Server-sent events. Text that is none counts as well: servers put bare errors there. */
class SseData implements StreamDecoder {
  readonly #decoder = new SseDecoder();
  /** The first is the end of its stream. */
  #error: string | undefined;

  push(bytes: Uint8Array): readonly string[] {
    return this.#decoder.push(bytes).map(event => this.#dataOf(event));
  }

  end(): readonly string[] {
    return this.#decoder.end().map(event => this.#dataOf(event));
  }

  isError(data: string): boolean {
    return data === this.#error;
  }

  #dataOf(event: SseEvent): string {
    if (event.kind !== 'data') return event.text;
    if (event.isError) this.#error ??= event.data;
    return event.data;
  }

  get moved(): boolean {
    return this.#decoder.moved;
  }
}

/** One JSON value in each line. */
class LineData implements StreamDecoder {
  readonly #decoder = new TextDecoder();
  #pieces: string[] = [];
  moved = false;
  readonly isError = () => false;

  push(bytes: Uint8Array): readonly string[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): readonly string[] {
    return this.#take(`${this.#decoder.decode()}\n`);
  }

  #take(text: string): readonly string[] {
    this.moved = text.trim() !== '';
    const [first = '', ...rest] = text.split('\n');
    this.#pieces.push(first);
    if (rest.length === 0) return [];
    const lines = [this.#pieces.join(''), ...rest.slice(0, -1)];
    this.#pieces = [rest.at(-1) ?? ''];
    return lines.filter(line => line.trim() !== '');
  }
}

const lineTypes = /ndjson|jsonl|json-lines|stream\+json|json-seq/;

/** A file of records looks like a stream of lines: it has no events but those that a question for a stream was answered with. */
export const isLines = (contentType: string): boolean => lineTypes.test(contentType);

/** The type of server-sent events. */
export const eventStream = 'text/event-stream';

/** The decoder for a content type, in lower case; undefined where the body is no stream of events. */
export function decoderFor(contentType: string): StreamDecoder | undefined {
  if (contentType.includes(eventStream)) return new SseData();
  return isLines(contentType) ? new LineData() : undefined;
}
