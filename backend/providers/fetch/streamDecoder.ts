import { SseDecoder } from '../../resilience/sse.ts';

/** Cuts bytes into the data of events. */
export interface StreamDecoder {
  /** The data of the events that these bytes complete. */
  push(bytes: Uint8Array): readonly string[];
  /** What is left at the end. */
  end(): readonly string[];
  /** Did the last bytes hold anything but comments? */
  readonly moved: boolean;
}

/** Server-sent events. Text that is none counts as well: servers put bare errors there. */
class SseData implements StreamDecoder {
  readonly #decoder = new SseDecoder();

  push(bytes: Uint8Array): readonly string[] {
    return this.#decoder.push(bytes).map(event => (event.kind === 'data' ? event.data : event.text));
  }

  end(): readonly string[] {
    return this.#decoder.end().map(event => (event.kind === 'data' ? event.data : event.text));
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

/** For bodies that have no events. */
const noEvents: StreamDecoder = { push: () => [], end: () => [], moved: true };

const lineTypes = /ndjson|jsonl|json-lines|stream\+json|json-seq/;

/** The decoder for a content type; undefined where the body is no stream of events. */
export function decoderFor(contentType: string): StreamDecoder | undefined {
  if (contentType.includes('text/event-stream')) return new SseData();
  return lineTypes.test(contentType) ? new LineData() : undefined;
}

/** The decoder of a body that is only handed on. */
export const decoderOfNothing = (): StreamDecoder => noEvents;
