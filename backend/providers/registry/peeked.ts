import { madeAs } from '../fetch/badAnswer.ts';
import type { StreamDecoder } from '../fetch/streamDecoder.ts';
import { parsedEvent } from '../streamSigns.ts';
import type { HttpBackend } from './backend.ts';
import { blockedBy, judge } from './judge.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Looks at the events of one stream until it is known whether it begins an answer. */
class Opening {
  readonly #backend: HttpBackend;
  readonly #decoder: StreamDecoder;
  #finishReason: string | undefined;

  constructor(backend: HttpBackend, decoder: StreamDecoder) {
    this.#backend = backend;
    this.#decoder = decoder;
  }

  /** Is it known now? @throws NoAnswer where it is none */
  isKnown(bytes: Uint8Array | undefined): boolean {
    const events = bytes === undefined ? this.#decoder.end() : this.#decoder.push(bytes);
    if (events.some(data => this.#looksAt(data))) return true;
    // A stream that should have ended with a mark was cut off, which is for the one who watches it to say.
    if (bytes === undefined && !this.#backend.provider.marksEnd) this.#ended(undefined);
    return bytes === undefined;
  }

  #looksAt(data: string): boolean {
    const { provider, readPiece } = this.#backend;
    const sign = this.#decoder.isError(data) ? 'error' : provider.readEvent(data);
    if (sign === 'error') return true;
    const event = parsedEvent(data);
    const piece = readPiece(event);
    if (piece !== undefined && piece.text !== '') return true;
    const error = blockedBy(piece?.finishReason);
    if (error !== undefined) throw error;
    this.#finishReason = piece?.finishReason ?? this.#finishReason;
    if (sign === 'end') this.#ended(event);
    return sign === 'end';
  }

  #ended(event: unknown): void {
    const stated = event === undefined ? undefined : this.#backend.failureIn?.(event);
    judge({ text: '', finishReason: this.#finishReason }, stated);
  }
}

/** What was read already, and then the rest as it comes. */
function replayed(read: Uint8Array[], reader: Reader): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async controller => {
        const first = read.shift();
        if (first !== undefined) return controller.enqueue(first);
        const { done, value } = await reader.read();
        return done ? controller.close() : controller.enqueue(value);
      },
      cancel: reason => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/**
 * A stream that is known to begin with an answer: read up to its first text, and given back whole. One that breaks or ends in an
 * error before is given back as well: who watches it says what that means.
 * @throws NoAnswer, or what broke it
 */
export async function peeked(response: Response, backend: HttpBackend, decoder: StreamDecoder): Promise<Response> {
  if (response.body === null) return response;
  const reader: Reader = response.body.getReader();
  const read: Uint8Array[] = [];
  const opening = new Opening(backend, decoder);
  try {
    for (let isKnown = false; !isKnown; ) {
      const { value } = await reader.read();
      if (value !== undefined) read.push(value);
      isKnown = opening.isKnown(value);
    }
  } catch (error) {
    // Frees the socket of what is not read.
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
  return madeAs(new Response(replayed(read, reader), response), response);
}
