import { isGeminiError, type StreamState } from '../geminiError.ts';
import type { LlmChunk, LlmStreamResult } from '../results.ts';
import { Gathered } from './gathered.ts';
import { type Wanted, wanted } from './wanted.ts';

/** How a stream is begun. */
export interface StreamSource {
  /** The model that is asked. */
  readonly model: string;
  /** Its pieces; nothing is sent before the first is asked for. */
  readonly pieces: (signal: AbortSignal) => AsyncGenerator<LlmChunk, void, undefined>;
  /** The caller's own signal. */
  readonly signal: AbortSignal | undefined;
}

const stopped = (): DOMException => new DOMException('Nobody read the stream any further.', 'AbortError');

/**
 * An answer as it comes: its pieces in a loop, or all of it by `result`, or both. Nothing is sent before either is asked for.
 * Leaving the loop, `return()`, `abort()` and an error thrown in the loop all free the socket.
 */
export class LlmStream implements AsyncGenerator<LlmChunk, void, undefined> {
  readonly #source: StreamSource;
  readonly #own = new AbortController();
  readonly #pieces: AsyncGenerator<LlmChunk, void, undefined>;
  readonly #gathered = new Gathered();
  readonly #forward: () => void;
  #state: StreamState | undefined;
  #wanted: Wanted<LlmStreamResult> | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Has a reader of the pieces been told of the failure? */
  #isTold = false;
  #asked = 0;
  /** Pieces that were read for `result`, for a loop that comes later. */
  readonly #kept: LlmChunk[] = [];
  #draining: Promise<void> | undefined;

  constructor(source: StreamSource) {
    this.#source = source;
    const { signal } = source;
    this.#forward = () => this.abort(signal?.reason);
    this.#pieces = source.pieces(this.#own.signal);
  }

  /** How it ended; undefined as long as it has not. */
  get state(): StreamState | undefined {
    return this.#state;
  }

  /**
   * The whole answer, once it is complete. Asking for it reads the stream to its end, whether anybody reads the pieces or not; those
   * that nobody has read yet are kept for a loop. Rejects as the loop throws, and with an AbortError where the loop is left before
   * the answer was whole.
   */
  get result(): Promise<LlmStreamResult> {
    if (this.#wanted === undefined) {
      this.#wanted = wanted<LlmStreamResult>();
      if (this.#state !== undefined) this.#tell();
      // A loop that begins in the same breath has the first piece.
      else queueMicrotask(() => this.#drain());
    }
    return this.#wanted.promise;
  }

  /** Ends it now. Whoever reads it, or waits for its result, is told the reason. */
  abort(reason: unknown = new DOMException('The stream was aborted.', 'AbortError')): void {
    if (this.#state !== undefined) return;
    this.#own.abort(reason);
    if (this.#asked > 0) return;
    // Nobody waits for a piece: nobody else would free the socket.
    this.#end('aborted', { error: reason });
    this.#pieces.return().catch(() => undefined);
  }

  /** @throws GeminiError with `state` and `partialText`, or the reason of an abort */
  async next(): Promise<IteratorResult<LlmChunk, void>> {
    while (this.#draining !== undefined && this.#kept.length === 0) await this.#draining;
    const value = this.#kept.shift();
    if (value !== undefined) return { done: false, value };
    try {
      return await this.#step();
    } catch (error) {
      this.#isTold = true;
      throw error;
    }
  }

  /** Stops reading and frees the socket. */
  async return(): Promise<IteratorResult<LlmChunk, void>> {
    if (this.#state === undefined) {
      const reason = stopped();
      // Who leaves after the finish reason has the whole answer.
      if (this.#gathered.isWhole) this.#end('complete');
      else this.#end('aborted', { error: reason });
      this.#isTold = true;
      // A piece that is still waited for would be waited for.
      if (this.#asked > 0) this.#own.abort(reason);
      await this.#pieces.return().catch(() => undefined);
    }
    this.#kept.length = 0;
    return { done: true, value: undefined };
  }

  /** As `return`, and throws the error. */
  async throw(error: unknown): Promise<IteratorResult<LlmChunk, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #step(): Promise<IteratorResult<LlmChunk, void>> {
    if (this.#asked === 0) this.#begin();
    if (this.#state !== undefined) return this.#over();
    this.#asked += 1;
    try {
      const piece = await this.#pieces.next();
      if (piece.done) this.#end('complete');
      else this.#gathered.add(piece.value, this.#wanted !== undefined);
      return piece;
    } catch (error) {
      const isLeft = this.#state !== undefined;
      this.#end(this.#stateOf(error), { error });
      if (isLeft) return { done: true, value: undefined };
      throw error;
    } finally {
      this.#asked -= 1;
    }
  }

  /** After the end: a failure is told once, as a generator does. */
  #over(): IteratorResult<LlmChunk, void> {
    if (this.#failure !== undefined && !this.#isTold) throw this.#failure.error;
    return { done: true, value: undefined };
  }

  #begin(): void {
    const { signal } = this.#source;
    if (signal === undefined || this.#state !== undefined) return;
    if (signal.aborted) this.#forward();
    // Adding it again changes nothing.
    else signal.addEventListener('abort', this.#forward);
  }

  #stateOf(error: unknown): StreamState {
    if (this.#own.signal.aborted) return 'aborted';
    return (isGeminiError(error) && error.state) || 'failed';
  }

  #end(state: StreamState, failure?: { readonly error: unknown }): void {
    if (this.#state !== undefined) return;
    this.#state = state;
    this.#failure = failure;
    this.#source.signal?.removeEventListener('abort', this.#forward);
    this.#tell();
  }

  #tell(): void {
    if (this.#wanted === undefined) return;
    const { resolve, reject } = this.#wanted;
    try {
      if (this.#state === 'complete') resolve(this.#gathered.result(this.#source.model));
      else reject(this.#failure?.error ?? stopped());
    } catch (error) {
      reject(error);
    }
  }

  #drain(): void {
    if (this.#state !== undefined) return;
    const drain = async (): Promise<void> => {
      const piece = await this.#step().catch(() => undefined);
      if (piece === undefined || piece.done) {
        this.#draining = undefined;
        return;
      }
      this.#kept.push(piece.value);
      this.#draining = drain();
    };
    this.#draining = drain();
  }
}
