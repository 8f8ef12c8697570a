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

/** What fires when its time is up, unless it is over by then. */
export interface Timed {
  readonly isOver: boolean;
  /** From when its time runs. */
  readonly startedMs: number;
  /** Its time is up. It is over with that, and tells its queue so. */
  fire(): void;
}

/**
 * How long a queue that nobody waits in still keeps the process alive, in milliseconds. Calls come one after the other: letting go
 * with each end and taking hold again with each beginning would cost more than the rest of the queue.
 */
const releaseMs = 10;

/** So many may be over before they are looked for. */
const leastSwept = 64;

/**
 * Timers of one duration behind one platform timer. Time limits are set for every attempt and hardly ever reached: here setting
 * one is a place in an array and cancelling it a number, a fraction of the cost of a platform timer. Those that are over go in
 * one sweep, so that each costs a constant share of it. The platform timer is left running while nobody waits, without keeping
 * the process alive.
 */
export class TimerQueue {
  readonly #ms: number;
  readonly #platform: TimerPlatform;
  #timers: Timed[] = [];
  #sweepAt = leastSwept;
  /** How many are not over. */
  #waiting = 0;
  #handle: TimerHandle | undefined;
  #isHeld = false;
  #isReleasing = false;

  constructor(ms: number, platform: TimerPlatform) {
    this.#ms = ms;
    this.#platform = platform;
  }

  get empty(): boolean {
    return this.#waiting === 0;
  }

  /** Fires the timer after the queue's duration, unless it is over before. */
  add(timer: Timed): void {
    if (this.#timers.length >= this.#sweepAt) this.#sweep();
    this.#timers.push(timer);
    this.#waiting += 1;
    if (this.#handle === undefined) this.#start(this.#ms);
    else if (!this.#isHeld) this.#hold(true);
  }

  /** One of them is over. To be told once of each. */
  ended(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0 && !this.#isReleasing) this.#releaseSoon();
  }

  /** Stops the platform timer of an empty queue. */
  stop(): void {
    this.#handle?.cancel();
    this.#handle = undefined;
  }

  #sweep(): void {
    this.#timers = this.#timers.filter(({ isOver }) => !isOver);
    this.#sweepAt = Math.max(leastSwept, this.#waiting * 2);
  }

  #start(ms: number): void {
    this.#handle = this.#platform.start(ms, () => this.#tick());
    this.#isHeld = true;
  }

  #hold(alive: boolean): void {
    this.#isHeld = alive;
    this.#handle?.hold(alive);
  }

  #releaseSoon(): void {
    this.#isReleasing = true;
    const release = (): void => {
      this.#isReleasing = false;
      if (!this.empty) return;
      this.#sweep();
      this.#hold(false);
    };
    // What it would let go keeps the process alive for it.
    this.#platform.start(releaseMs, release).hold(false);
  }

  #tick(): void {
    this.#handle = undefined;
    const nowMs = this.#platform.now();
    this.#sweep();
    const due = this.#timers.filter(({ startedMs }) => startedMs + this.#ms <= nowMs);
    for (const timer of due) if (!timer.isOver) timer.fire();
    this.#sweep();
    const [next] = this.#timers;
    if (next !== undefined && this.#handle === undefined) this.#start(Math.max(1, next.startedMs + this.#ms - nowMs));
  }
}
