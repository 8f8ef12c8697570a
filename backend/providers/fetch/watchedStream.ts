import { timeoutError } from '../../resilience/attemptOnce.ts';
import type { ResolvedLimits } from '../../resilience/callLimits.ts';
import type { Failure } from '../../resilience/failure.ts';
import { withinLimits } from '../../resilience/limits.ts';
import type { Call } from '../../resilience/policy.ts';
import { setIdleTimer } from '../../resilience/runtime.ts';
import type { AnswerWatch } from './answerWatch.ts';

/** What a stream is watched with. */
export interface WatchedStreamOptions {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What was read of it before. */
  readonly first?: Uint8Array<ArrayBuffer> | undefined;
  readonly answer: AnswerWatch;
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

/** Bodies that nobody can read any more: their streams are ended as the platform ends its own. */
const abandoned = new FinalizationRegistry<() => void>(free => free());

/**
 * A body that is handed on byte for byte while its events are looked at: how it ends is what everybody learns. It pulls only when it
 * is read, so a slow consumer holds the server back, and the idle limit runs only while we wait for the server.
 */
export class WatchedStream {
  readonly #options: WatchedStreamOptions;
  readonly #ready: Uint8Array[] = [];
  readonly #totalAtMs: number;
  /** How long the server has been waited for without a sign of life, while somebody read. */
  #idleMs = 0;
  /** Was what came last a sign of life? */
  #isAlive = true;
  #done = false;
  #broken: { readonly error: unknown } | undefined;
  #cancelWait: () => void = () => {};
  /** Held weakly, like the body that it belongs to: a signal that lives long must not keep what nobody reads. */
  #controller: WeakRef<ReadableStreamDefaultController> | undefined;
  readonly #onAbort = (): void => this.#abort();
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
    const { answer, stop } = this.#options;
    while (!answer.hasBegun && !this.#done) await this.#pull();
    if (this.#broken !== undefined) throw this.#broken.error;
    if (answer.error === undefined) return;
    // Behind an error there is no answer.
    stop(answer.error);
    throw answer.error;
  }

  /** The body that is handed on. An abort ends it at once, and so does who drops it unread. */
  body(): ReadableStream<Uint8Array> {
    const { signal } = this.#options.call;
    const body = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = new WeakRef(controller);
        },
        pull: controller => this.#next(controller),
        cancel: () => this.#release(),
      },
      { highWaterMark: 0 },
    );
    abandoned.register(body, () => this.#release(), this);
    this.#awaitReader();
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted) this.#abort();
    return body;
  }

  /** Frees the socket at once, whether somebody is reading or not. */
  #abort(): void {
    const reason: unknown = this.#options.call.signal?.reason;
    this.#ready.length = 0;
    this.#break(reason);
    this.#controller?.deref()?.error(reason);
    this.#end(this.#options.read(new DOMException('The caller aborted.', 'AbortError')));
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
      const { answer, read } = this.#options;
      this.#end(answer.error && read(answer.error));
      controller.close();
    }
  }

  /** Who has not read on for so long may never do so: the stream stays open for it, but keeps no place from others. */
  #awaitReader(): void {
    const { call, limits } = this.#options;
    if (limits.idleTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#cancelWait = setIdleTimer(call.runtime, limits.idleTimeoutMs, () => this.#tellEnding(undefined));
  }

  /** Waits for something to hand on, or for the end. */
  async #fill(): Promise<void> {
    const { call } = this.#options;
    try {
      if (call.signal?.aborted) throw call.signal.reason;
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
    this.#options.call.signal?.removeEventListener('abort', this.#onAbort);
    abandoned.unregister(this);
    this.#tellEnding(failure);
  }

  async #pullWithinLimits(): Promise<void> {
    const { call, limits } = this.#options;
    const { runtime, signal } = call;
    const startedMs = runtime.now();
    const totalLeftMs = this.#totalAtMs - startedMs;
    const timeoutMs = Math.min(limits.idleTimeoutMs - this.#idleMs, totalLeftMs);
    const end = await withinLimits({ runtime, timeoutMs, signal }, () => this.#pull());
    this.#idleMs = this.#isAlive ? 0 : this.#idleMs + runtime.now() - startedMs;
    if (end.by === 'abort') throw signal?.reason;
    if (end.by !== 'timeout') return;
    const name = totalLeftMs <= timeoutMs ? 'totalTimeoutMs' : 'idleTimeoutMs';
    throw timeoutError(name, limits[name]);
  }

  /** Takes what the network has next. */
  async #pull(): Promise<void> {
    const { reader, answer } = this.#options;
    const { done, value } = await reader.read();
    if (!done) {
      this.#take(value);
      return;
    }
    this.#done = true;
    if (answer.end()) this.#break(truncated());
  }

  #take(bytes: Uint8Array): void {
    this.#ready.push(bytes);
    this.#isAlive = this.#options.answer.take(bytes);
  }

  /** The first error stands. What breaks after the end mark breaks nothing. */
  #break(error: unknown): void {
    if (!this.#options.answer.isWhole || this.#options.call.signal?.aborted) this.#broken ??= { error };
    this.#done = true;
    this.#options.stop(error);
  }
}
