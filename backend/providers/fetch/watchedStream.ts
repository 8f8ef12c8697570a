import { timeoutError } from '../../resilience/attemptOnce.ts';
import type { ResolvedLimits } from '../../resilience/callLimits.ts';
import type { Failure } from '../../resilience/failure.ts';
import { withinLimits } from '../../resilience/limits.ts';
import type { Call } from '../../resilience/policy.ts';
import type { Provider, StreamSign } from '../../resilience/provider.ts';
import { BadAnswer } from './badAnswer.ts';
import type { StreamDecoder } from './streamDecoder.ts';

/** What a stream is watched with. */
export interface WatchedStreamOptions {
  readonly response: Response;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What was read of it before. */
  readonly first?: Uint8Array<ArrayBuffer> | undefined;
  readonly decoder: StreamDecoder;
  /** Undefined where it has no events. */
  readonly provider: Provider | undefined;
  readonly call: Call;
  readonly limits: ResolvedLimits;
  /** Ends the attempt that carries the stream, and with it the socket. */
  readonly stop: (reason: unknown) => void;
  /** Reads what broke the stream. */
  readonly read: (error: unknown) => Failure;
}

/** A stream that ended before the service said that it was done. Named as Node names it. */
const truncated = (): Error =>
  Object.assign(new TypeError('terminated'), {
    cause: Object.assign(new Error('The stream ended before its end mark.'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }),
  });

const encoder = new TextEncoder();

/**
 * A body that is handed on byte for byte while its events are looked at: how it ends is what everybody learns. It pulls only when it
 * is read, so a slow consumer holds the server back, and the idle limit runs only while we wait for the server.
 */
export class WatchedStream {
  readonly #options: WatchedStreamOptions;
  readonly #ready: Uint8Array[] = [];
  readonly #totalAtMs: number;
  #idleSinceMs = 0;
  #sawContent = false;
  #sawEnd = false;
  #done = false;
  #broken: { readonly error: unknown } | undefined;
  #inBand: BadAnswer | undefined;
  #cancelWait: () => void = () => {};
  #tellEnding: (failure: Failure | undefined) => void = () => {};
  /** How the stream ended: with nothing to say, or with what broke it. Never rejects. */
  readonly ending = new Promise<Failure | undefined>(resolve => {
    this.#tellEnding = resolve;
  });

  constructor(options: WatchedStreamOptions) {
    this.#options = options;
    this.#totalAtMs = options.call.runtime.now() + options.limits.totalTimeoutMs;
    if (options.first !== undefined) this.#take(options.first);
  }

  /** Reads up to the first content or the end. What is thrown here is a failed attempt, and nobody has seen anything yet. */
  async open(): Promise<void> {
    while (!this.#sawContent && !this.#sawEnd && !this.#done && this.#inBand === undefined) await this.#pull();
    if (this.#broken !== undefined) throw this.#broken.error;
    // Behind an error there is no answer.
    if (this.#inBand !== undefined) {
      this.#options.stop(this.#inBand);
      throw this.#inBand;
    }
  }

  /** The body that is handed on. */
  body(): ReadableStream<Uint8Array> {
    this.#awaitReader();
    return new ReadableStream<Uint8Array>(
      { pull: controller => this.#next(controller), cancel: () => this.#release() },
      { highWaterMark: 0 },
    );
  }

  async #next(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#cancelWait();
    await this.#fill();
    const value = this.#ready.shift();
    if (value !== undefined) {
      controller.enqueue(value);
      this.#awaitReader();
    } else if (this.#broken !== undefined) {
      this.#end(this.#options.read(this.#broken.error));
      controller.error(this.#broken.error);
    } else {
      this.#end(this.#inBand && this.#options.read(this.#inBand));
      controller.close();
    }
  }

  /** Who has not read on for so long may never do so: the stream stays open for it, but keeps no place from others. */
  #awaitReader(): void {
    const { call, limits } = this.#options;
    if (limits.idleTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#cancelWait = call.runtime.setTimer(limits.idleTimeoutMs, () => this.#tellEnding(undefined));
  }

  /** Waits for something to hand on, or for the end. */
  async #fill(): Promise<void> {
    const { call } = this.#options;
    try {
      if (call.signal?.aborted) throw call.signal.reason;
      this.#idleSinceMs = call.runtime.now();
      while (this.#ready.length === 0 && !this.#done) await this.#pullWithinLimits();
    } catch (error) {
      if (call.signal?.aborted) this.#ready.length = 0;
      this.#break(error);
    }
  }

  /** The consumer stopped reading: that frees the socket, and is nobody's failure. */
  #release(): void {
    if (!this.#done) this.#options.stop(new DOMException('The consumer stopped reading.', 'AbortError'));
    this.#end(undefined);
  }

  #end(failure: Failure | undefined): void {
    this.#done = true;
    this.#cancelWait();
    this.#tellEnding(failure);
  }

  async #pullWithinLimits(): Promise<void> {
    const { call, limits } = this.#options;
    const { runtime, signal } = call;
    const nowMs = runtime.now();
    const totalLeftMs = this.#totalAtMs - nowMs;
    const timeoutMs = Math.min(this.#idleSinceMs + limits.idleTimeoutMs - nowMs, totalLeftMs);
    const end = await withinLimits({ runtime, timeoutMs, signal }, () => this.#pull());
    if (end.by === 'abort') throw signal?.reason;
    if (end.by !== 'timeout') return;
    const name = totalLeftMs <= timeoutMs ? 'totalTimeoutMs' : 'idleTimeoutMs';
    throw timeoutError(name, limits[name]);
  }

  /** Takes what the network has next. */
  async #pull(): Promise<void> {
    const { reader, decoder, provider } = this.#options;
    const { done, value } = await reader.read();
    if (!done) {
      this.#take(value);
      return;
    }
    for (const data of decoder.end()) this.#look(data);
    this.#done = true;
    if (provider === undefined || this.#inBand !== undefined) return;
    // Without a mark of its own, a stream that said nothing at all is still none.
    if (!this.#sawEnd && (provider.marksEnd || !this.#sawContent)) this.#break(truncated());
  }

  #take(bytes: Uint8Array): void {
    this.#ready.push(bytes);
    for (const data of this.#options.decoder.push(bytes)) this.#look(data);
    // Comments keep a connection open, not an answer: they are no sign of life.
    if (this.#options.decoder.moved) this.#idleSinceMs = this.#options.call.runtime.now();
  }

  #look(data: string): void {
    const sign: StreamSign = this.#options.provider?.readEvent(data) ?? 'content';
    if (sign === 'error') this.#inBand ??= new BadAnswer(this.#options.response, encoder.encode(data), undefined);
    else if (sign === 'content') this.#sawContent = true;
    else if (sign === 'end') this.#sawEnd = true;
  }

  /** The first error stands. What breaks after the end mark breaks nothing. */
  #break(error: unknown): void {
    if (!this.#sawEnd || this.#options.call.signal?.aborted) this.#broken ??= { error };
    this.#done = true;
    this.#options.stop(error);
  }
}
