/** A platform timer that may or may not keep the process alive. */
export interface TimerHandle {
  cancel(): void;
  /** Whether it keeps the process alive. */
  hold(alive: boolean): void;
}

/** Where a queue gets its one timer. */
export interface TimerPlatform {
  now(): number;
  start(ms: number, fire: () => void): TimerHandle;
}

/** A timer in the ring of those that wait; the ring's own head is one that never fires. */
interface Entry {
  dueMs: number;
  fire: () => void;
  previous: Entry;
  next: Entry;
}

function ring(): Entry {
  const head = { dueMs: 0, fire: () => {} } as Entry;
  head.previous = head;
  head.next = head;
  return head;
}

/**
 * Timers of one duration behind one platform timer. Time limits are set for every attempt and hardly ever reached: here setting
 * and cancelling one is a link in a ring, a fraction of the cost of a platform timer. The platform timer is left running while
 * the ring is empty, without keeping the process alive.
 */
export class TimerQueue {
  readonly #ms: number;
  readonly #platform: TimerPlatform;
  readonly #head = ring();
  #handle: TimerHandle | undefined;

  constructor(ms: number, platform: TimerPlatform) {
    this.#ms = ms;
    this.#platform = platform;
  }

  get empty(): boolean {
    return this.#head.next === this.#head;
  }

  /** Calls `fire` after the queue's duration, unless the returned function is called before. */
  add(fire: () => void, nowMs: number): () => void {
    const head = this.#head;
    const wasEmpty = this.empty;
    const entry: Entry = { dueMs: nowMs + this.#ms, fire, previous: head.previous, next: head };
    head.previous.next = entry;
    head.previous = entry;
    if (this.#handle === undefined) this.#handle = this.#platform.start(this.#ms, () => this.#tick());
    else if (wasEmpty) this.#handle.hold(true);
    return () => this.#remove(entry);
  }

  /** Stops the platform timer of an empty queue. */
  stop(): void {
    this.#handle?.cancel();
    this.#handle = undefined;
  }

  #remove(entry: Entry): void {
    if (entry.next === entry) return;
    entry.previous.next = entry.next;
    entry.next.previous = entry.previous;
    // Linked to itself: removing it again changes nothing.
    entry.next = entry;
    entry.previous = entry;
    if (this.empty) this.#handle?.hold(false);
  }

  #tick(): void {
    this.#handle = undefined;
    const nowMs = this.#platform.now();
    for (let entry = this.#head.next; entry !== this.#head && entry.dueMs <= nowMs; entry = this.#head.next) {
      this.#remove(entry);
      entry.fire();
    }
    if (this.empty || this.#handle !== undefined) return;
    this.#handle = this.#platform.start(Math.max(1, this.#head.next.dueMs - nowMs), () => this.#tick());
  }
}
