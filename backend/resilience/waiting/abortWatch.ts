/** Those who watch one signal. Nearly always one alone: a set is made for the second. */
class Watchers<W extends object> {
  readonly #tell: (watcher: W) => void;
  #watchers: W | Set<W>;

  constructor(first: W, tell: (watcher: W) => void) {
    this.#watchers = first;
    this.#tell = tell;
  }

  add(watcher: W): void {
    if (this.#watchers instanceof Set) this.#watchers.add(watcher);
    else this.#watchers = new Set([this.#watchers, watcher]);
  }

  /** Are there others left? */
  remove(watcher: W): boolean {
    return this.#watchers instanceof Set && this.#watchers.delete(watcher) && this.#watchers.size > 0;
  }

  /** The signal has aborted. */
  handleEvent(): void {
    const all = this.#watchers instanceof Set ? [...this.#watchers] : [this.#watchers];
    for (const watcher of all) this.#tell(watcher);
  }
}

/**
 * Tells those who wait when their signals abort, with one listener for each signal: a signal goes through all its listeners when
 * one is added, so that ten thousand calls that share one would pay for each other.
 */
export class AbortWatch<W extends object> {
  readonly #bySignal = new Map<AbortSignal, Watchers<W>>();
  readonly #tell: (watcher: W) => void;

  /** @param tell what a watcher is told by when its signal aborts; it still has to be removed */
  constructor(tell: (watcher: W) => void) {
    this.#tell = tell;
  }

  add(signal: AbortSignal, watcher: W): void {
    const watchers = this.#bySignal.get(signal);
    if (watchers !== undefined) {
      watchers.add(watcher);
      return;
    }
    const first = new Watchers(watcher, this.#tell);
    this.#bySignal.set(signal, first);
    signal.addEventListener('abort', first);
  }

  remove(signal: AbortSignal, watcher: W): void {
    const watchers = this.#bySignal.get(signal);
    if (watchers === undefined || watchers.remove(watcher)) return;
    this.#bySignal.delete(signal);
    signal.removeEventListener('abort', watchers);
  }
}
