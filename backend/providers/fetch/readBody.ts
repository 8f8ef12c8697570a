import { withinLimits } from '../../resilience/limits.ts';
import type { Call } from '../../resilience/policy.ts';

/** What of a body was read. */
export interface ReadBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where there was more than may be held: goes on where `bytes` end. */
  readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
}

/** Chunks as they come, kept also where reading is broken off. */
class Collected {
  readonly #chunks: Uint8Array[];
  #length: number;

  constructor(begin = new Uint8Array()) {
    this.#chunks = [begin];
    this.#length = begin.byteLength;
  }

  /** Reads on until the end, and then says true, or until there is more than `most` bytes. */
  async from(reader: ReadableStreamDefaultReader<Uint8Array>, most: number): Promise<boolean> {
    while (this.#length <= most) {
      const { done, value } = await reader.read();
      if (done) return true;
      this.#chunks.push(value);
      this.#length += value.byteLength;
    }
    return false;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }
}

/**
 * Reads a body, but holds no more than `most` bytes and the piece that goes beyond. Rejects as the body does when it breaks.
 * @param begun what was read of it before
 */
export async function readBody({ body }: Response, most: number, begun?: ReadBody): Promise<ReadBody> {
  const reader = begun?.reader ?? (begun === undefined ? body?.getReader() : undefined);
  if (reader === undefined) return begun ?? { bytes: new Uint8Array(), reader };
  const collected = new Collected(begun?.bytes);
  const isWhole = await collected.from(reader, most);
  return { bytes: collected.bytes, reader: isWhole ? undefined : reader };
}

/** The status is known: a body that explains it is worth this much waiting, in milliseconds, and this many bytes. */
const patienceMs = 5_000;
const mostErrorBytes = 1_048_576;

/** The body of a bad answer, as far as it comes: a status whose body is cut or stalls is still that status. Never rejects. */
export async function readErrorBody({ body }: Response, { runtime, signal }: Call): Promise<Uint8Array<ArrayBuffer>> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const collected = new Collected();
  const read = (): Promise<boolean> => collected.from(reader, mostErrorBytes);
  await withinLimits({ runtime, timeoutMs: patienceMs, signal }, read).catch(() => undefined);
  // Frees the socket of what was not read.
  reader.cancel().catch(() => undefined);
  return collected.bytes;
}
