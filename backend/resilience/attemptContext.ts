/** What an operation is given for one attempt. Its signal is made only if somebody asks for it: most operations never do. */
export class AttemptContext {
  /** Which sending this is, from 1. */
  readonly attempt: number;
  #controller: AbortController | undefined;
  #stopped: { readonly reason: unknown } | undefined;

  constructor(attempt: number) {
    this.attempt = attempt;
  }

  /** Aborts when the attempt's time is up, or the caller aborts. Lives no longer than the attempt. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopped) this.#controller.abort(this.#stopped.reason);
    }
    return this.#controller.signal;
  }

  /** Ends the attempt's work, if it is still under way. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason };
    this.#controller?.abort(reason);
  }
}
