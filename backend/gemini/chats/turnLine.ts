import { withinLimits } from '../../resilience/limits.ts';
import type { Runtime } from '../../resilience/wholeRuntime.ts';

/** A line in which turns wait for each other: one at a time, in the order in which they came. */
export class TurnLine {
  readonly #runtime: Runtime;
  #last: Promise<void> = Promise.resolve();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * Resolves when all before it are over, with the function that lets the next one begin.
   * @throws the signal's own reason as soon as it aborts; those behind keep their places
   */
  async enter(signal: AbortSignal | undefined): Promise<() => void> {
    const before = this.#last;
    let leave: () => void = () => {};
    const over = new Promise<void>(resolve => {
      leave = resolve;
    });
    this.#last = before.then(() => over);
    const limits = { runtime: this.#runtime, signal, timeoutMs: Number.POSITIVE_INFINITY };
    const end = await withinLimits(limits, () => before);
    if (end.by === 'work') return leave;
    leave();
    throw signal?.reason;
  }
}
