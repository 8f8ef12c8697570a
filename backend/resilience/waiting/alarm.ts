import type { AsyncRuntime } from '../runtime.ts';

/** One timer that is set anew as what it is for moves. */
export class Alarm {
  readonly #runtime: AsyncRuntime;
  readonly #ring: () => void;
  #atMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(runtime: AsyncRuntime, ring: () => void) {
    this.#runtime = runtime;
    this.#ring = ring;
  }

  /** When it rings. Infinity: it is not set. */
  get atMs(): number {
    return this.#atMs;
  }

  /** Rings at this time of the runtime's clock, and no longer at any other. Infinity: not at all. */
  set(atMs: number, nowMs: number): void {
    if (atMs === this.#atMs) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#atMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const ring = (): void => {
      this.#atMs = Number.POSITIVE_INFINITY;
      this.#cancel = undefined;
      this.#ring();
    };
    this.#cancel = this.#runtime.setTimer(Math.max(1, atMs - nowMs), ring, nowMs);
  }

  /** It is no longer to ring. */
  clear(): void {
    this.set(Number.POSITIVE_INFINITY, 0);
  }
}
