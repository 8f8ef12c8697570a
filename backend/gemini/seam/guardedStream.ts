import { timeoutError } from '../../resilience/attemptOnce.ts';
import { CutLine } from '../../resilience/cutLine.ts';
import type { Failure } from '../../resilience/failure.ts';
import { withinLimits } from '../../resilience/limits.ts';
import { SseDecoder, type SseEvent } from '../../resilience/sse.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { GeminiCall } from './geminiCall.ts';
import { HttpFailure } from './httpFailure.ts';
import { nextMark } from './longValues.ts';
import { breakOff } from './resuming.ts';
import { SeamError } from './seamError.ts';
import { errorIn, unfinished } from './streamErrors.ts';
import type { StreamJudge } from './streamJudge.ts';

/** The stream of one attempt, and what it may not outlive. */
export interface GuardedStreamOptions {
  readonly response: Response;
  readonly judge: StreamJudge;
  readonly call: GeminiCall;
  /** Ends the attempt that carries the stream, and with it the socket. */
  readonly stop: (reason: unknown) => void;
  /** Hand the bytes on as they came: for a client with a decoder of its own that loses nothing. */
  readonly verbatim: boolean;
  /** Reads what broke the stream. */
  readonly read: (error: unknown) => GeminiFailure;
}

const encoder = new TextEncoder();

/** How long a stream may still send, or just stay open, after the model said it was done: token counts may follow. In milliseconds. */
const afterEndMs = 2_000;

/**
 * A stream whose every ending is seen: events are decoded here, judged, and handed on one by one in the one form that the
 * official client reads without loss. It pulls only when it is read, so a slow consumer holds the server back, and the idle
 * limit runs only while we wait for the server.
 */
export class GuardedStream {
  readonly #options: GuardedStreamOptions;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder: SseDecoder;
  /** Bytes to be handed on as they came. */
  readonly #verbatim: Uint8Array[] = [];
  /** Events to be handed on together: the official client pays for each piece that it is given. */
  #events = '';
  #totalAtMs = Number.POSITIVE_INFINITY;
  /** Since when nothing of the answer has come, while we wait for it. */
  #idleSinceMs = 0;
  #done = false;
  #tellEnding: (failure: Failure | undefined) => void = () => {};
  /** How the stream ended: with nothing to say, or with what broke it. Never rejects. */
  readonly ending = new Promise<Failure | undefined>(resolve => {
    this.#tellEnding = resolve;
  });
  #broken: { readonly error: unknown } | undefined;

  constructor(options: GuardedStreamOptions) {
    this.#options = options;
    const { body } = options.response;
    if (body === null) throw new HttpFailure(options.response, '');
    this.#reader = body.getReader();
    const cuts = options.call.long !== undefined && !options.verbatim;
    this.#decoder = new SseDecoder(cuts ? new CutLine(nextMark(options.call.runtime)) : undefined);
    const { runtime, limits } = options.call;
    this.#totalAtMs = runtime.now() + limits.totalTimeoutMs;
  }

  /** Reads up to the first content or the end. What is thrown here is a failed attempt, and nobody has seen anything yet. */
  async open(): Promise<void> {
    const { judge } = this.#options;
    while (!judge.content && !judge.ended && !this.#done) await this.#pull();
    if (this.#broken) throw this.#broken.error;
  }

  /** What is there of events, in bytes. @throws SeamError when the stream breaks, stalls, is aborted or ends too early */
  async read(): Promise<{ done: boolean; value: Uint8Array | undefined }> {
    try {
      if (this.#options.call.signal?.aborted) throw this.#aborted();
      this.#idleSinceMs = this.#options.call.runtime.now();
      while (!this.#hasMore && !this.#done) await this.#pullWithinLimits();
    } catch (error) {
      // The model had said that it was done: what breaks after that breaks nothing.
      if (this.#options.judge.complete && !(error instanceof SeamError)) this.release();
      else this.#break(error);
      if (this.#options.call.signal?.aborted) this.#drop();
    }
    const value = this.#next();
    if (value !== undefined) return { done: false, value };
    if (this.#broken === undefined) {
      this.#end();
      return { done: true, value };
    }
    const { error } = this.#broken;
    const thrown = error instanceof SeamError ? error : this.#failure(error);
    this.#end(thrown.failed.failure);
    if (!this.#options.call.signal?.aborted) breakOff(this.#options.call, thrown.failed);
    throw thrown;
  }

  get #hasMore(): boolean {
    return this.#events !== '' || this.#verbatim.length > 0;
  }

  #next(): Uint8Array | undefined {
    if (this.#events === '') return this.#verbatim.shift();
    const bytes = encoder.encode(this.#events);
    this.#events = '';
    return bytes;
  }

  #drop(): void {
    this.#events = '';
    this.#verbatim.length = 0;
  }

  /** Frees the socket of a stream that nobody reads any further. */
  release(): void {
    if (!this.#done) this.#options.stop(new DOMException('The consumer stopped reading.', 'AbortError'));
    this.#end();
  }

  #end(failure?: Failure): void {
    this.#done = true;
    this.#tellEnding(failure);
    const { call } = this.#options;
    delete call.releaseStream;
  }

  #failure(error: unknown, carried: unknown = error): SeamError {
    return new SeamError({ ok: false, failure: this.#options.read(carried), error });
  }

  #aborted(): SeamError {
    return this.#failure(new DOMException('The caller aborted.', 'AbortError'));
  }

  async #pullWithinLimits(): Promise<void> {
    const { runtime, signal, limits } = this.#options.call;
    const nowMs = runtime.now();
    const totalLeftMs = this.#totalAtMs - nowMs;
    const idleMs = this.#options.judge.complete ? Math.min(afterEndMs, limits.idleTimeoutMs) : limits.idleTimeoutMs;
    const timeoutMs = Math.min(this.#idleSinceMs + idleMs - nowMs, totalLeftMs);
    const end = await withinLimits({ runtime, timeoutMs, signal }, () => this.#pull());
    if (end.by === 'abort') throw this.#aborted();
    if (end.by === 'timeout') {
      const byTotal = totalLeftMs <= timeoutMs;
      throw byTotal
        ? timeoutError('totalTimeoutMs', limits.totalTimeoutMs)
        : timeoutError('idleTimeoutMs', limits.idleTimeoutMs);
    }
  }

  /** Takes what the network has next. */
  async #pull(): Promise<void> {
    const { done, value } = await this.#reader.read();
    const events = done ? this.#decoder.end() : this.#decoder.push(value);
    // Comments keep a connection open, not an answer: they are no sign of life.
    if (this.#decoder.moved) this.#idleSinceMs = this.#options.call.runtime.now();
    for (const event of events) {
      if (this.#broken === undefined) this.#take(event, done);
    }
    if (this.#options.verbatim && value !== undefined) this.#verbatim.push(value);
    if (!done) return;
    this.#done = true;
    if (!this.#options.judge.ended) this.#break(unfinished(this.#options));
  }

  #take(event: SseEvent, atEnd: boolean): void {
    const { judge, verbatim, call } = this.#options;
    const verdict = judge.read(event);
    const long = event.kind === 'data' ? event.long : undefined;
    const error = errorIn(verdict, { ...this.#options, atEnd, long });
    if (error !== undefined) this.#break(error);
    else if (verdict.kind === 'event' && !verbatim) {
      for (const [mark, value] of long ?? []) call.long?.set(mark, value);
      // Inside an event a line break is white space; the official client takes two of them for the event's end.
      this.#events += `data: ${verdict.data.replaceAll('\n', ' ')}\n\n`;
    }
  }

  /** Ends the stream with an error, after the events that came before it. The first error stands. */
  #break(error: unknown): void {
    this.#broken ??= { error };
    this.#done = true;
    this.#options.stop(error);
  }
}
