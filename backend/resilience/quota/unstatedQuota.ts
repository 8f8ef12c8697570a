/** A cycle is no shorter, in milliseconds: refusals of one burst state nearly the same time. */
const shortestCycleMs = 100;

/** Nothing refused for so long, and no cycle known: there is no quota any more. In milliseconds. */
const goneMs = 60_000;

/** Cycles in a row that were used up without a refusal before a little more is tried, first; and after trials that were refused, at most. */
const patience = { first: 1, most: 60 } as const;

/** Share of what a cycle is known to let in by which the first trial goes beyond it, and how much bolder one is after a success. */
const trial = { share: 0.05, growth: 4 } as const;

/**
 * A quota of which the server says only when to come back: no limit, no window. At the stated time as many are let through as were
 * let in since the last; from two such times follows how long a cycle is, and then nobody has to be refused any more.
 */
export class UnstatedQuota {
  /** How many a cycle lets in, as far as is known; undefined: nothing was refused. */
  #allowance: number | undefined;
  /** From one time to come back to the next, in milliseconds; undefined: not known yet. */
  #cycleMs: number | undefined;
  /** Of the present cycle. */
  #beganMs = Number.NEGATIVE_INFINITY;
  #first = 0;
  #sent = 0;
  #accepted = 0;
  /** When the next begins, where the server has said so. */
  #nextMs: number | undefined;
  /** The one that goes beyond the allowance to see what comes of it. */
  #scout: number | undefined;
  #quietCycles = 0;
  #patience: number = patience.first;
  /** How many more are tried in this cycle, and in the next trial. */
  #step = 0;
  #nextStep: number | undefined;

  /** Milliseconds until one more fits; 0: now; Infinity: when the one that was sent to see has ended. */
  waitMs(nowMs: number): number {
    if (this.#allowance === undefined) return 0;
    this.#turn(nowMs, this.#allowance);
    if (this.#nextMs !== undefined) return this.#nextMs - nowMs;
    if (this.#sent < this.#allowance + this.#step) return 0;
    if (this.#cycleMs !== undefined) return this.#beganMs + this.#cycleMs - nowMs;
    return this.#scout === undefined ? 0 : Number.POSITIVE_INFINITY;
  }

  /** An entry of the log was let through. */
  sent(number: number): void {
    if (this.#allowance === undefined) return;
    if (this.#sent === 0) this.#first = number;
    this.#sent += 1;
    if (this.#cycleMs === undefined && this.#sent > this.#allowance) this.#scout = number;
  }

  /** It has ended: let in, or not by reason of a quota. */
  ended(number: number, wasLetIn: boolean): void {
    if (this.#allowance === undefined || number < this.#first) return;
    if (wasLetIn) this.#accepted += 1;
    if (number !== this.#scout) return;
    this.#scout = undefined;
    if (wasLetIn) this.#allowance *= 2;
  }

  /**
   * It was refused.
   * @param retryAtMs when the server says to come back
   * @param recently how many it had let in lately: what is known before the first refusal
   */
  refused(number: number, retryAtMs: number, recently: number): void {
    if (number === this.#scout) this.#scout = undefined;
    if (this.#allowance === undefined) {
      this.#allowance = recently;
      this.#accepted = recently;
      this.#nextMs = retryAtMs;
    } else if (this.#nextMs !== undefined) this.#nextMs = Math.max(this.#nextMs, retryAtMs);
    else if (number >= this.#first) this.#close(retryAtMs);
  }

  /** The present cycle is used up, and the next begins then. */
  #close(retryAtMs: number): void {
    const cycleMs = retryAtMs - this.#beganMs;
    if (cycleMs >= shortestCycleMs) this.#cycleMs = cycleMs;
    if (this.#step > 0) this.#patience = Math.min(patience.most, 2 * this.#patience);
    this.#nextStep = undefined;
    this.#step = 0;
    this.#quietCycles = 0;
    this.#nextMs = retryAtMs;
  }

  /** Begins the next cycle where its time has come. */
  #turn(nowMs: number, allowance: number): void {
    if (this.#nextMs !== undefined) {
      if (nowMs < this.#nextMs) return;
      // What was still under way when the first was refused has been counted by now.
      this.#allowance = Math.max(1, this.#accepted);
      this.#begin(this.#nextMs);
    } else if (this.#cycleMs === undefined) {
      if (nowMs - this.#beganMs > goneMs) this.#allowance = undefined;
    } else if (nowMs >= this.#beganMs + this.#cycleMs) {
      this.#grow(allowance);
      this.#begin(this.#beganMs + this.#cycleMs * Math.floor((nowMs - this.#beganMs) / this.#cycleMs));
    }
  }

  #begin(atMs: number): void {
    this.#beganMs = atMs;
    this.#nextMs = undefined;
    this.#first = Number.POSITIVE_INFINITY;
    this.#sent = 0;
    this.#accepted = 0;
  }

  /** A cycle has passed in which nobody was refused. */
  #grow(allowance: number): void {
    if (this.#sent < allowance + this.#step) return;
    this.#quietCycles += 1;
    if (this.#step > 0) {
      this.#allowance = allowance + this.#step;
      this.#nextStep = this.#step * trial.growth;
    }
    const isTime = this.#step > 0 || this.#quietCycles > this.#patience;
    this.#step = isTime ? (this.#nextStep ?? Math.max(1, Math.ceil(allowance * trial.share))) : 0;
    if (isTime) this.#quietCycles = 0;
  }
}
