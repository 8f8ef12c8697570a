import type { SendLog } from './sendLog.ts';

/** What a limit counts. */
export type QuotaUnit = 'requests' | 'tokens';

/** Who said so: the server in a refusal, or the user up front. */
export type LimitSource = 'stated' | 'given';

/**
 * How much later than by our own clock a slot is taken to be free again, in milliseconds: the server counted the request when it
 * came there, and the next one may travel faster. Grows by what a refusal says was missing, once for a burst, up to the longest.
 */
const travel = { leastMs: 250, longestMs: 5_000, burstMs: 1_000 } as const;

/** A server's wait that ends this much earlier than our log says, in milliseconds, is the end of a fixed window. */
const shapeToleranceMs = 1_500;

/** Windows in a row that were used up without a refusal before a limit that the server stated is probed upward. */
const windowsBeforeProbe = 3;

/** And after probes that were refused, at most. */
const longestPatience = 60;

/** How much bolder the next probe is after one that succeeded. */
const probeGrowth = 4;

/** Share of a limit that was given up front by which the first probe goes beyond it. A stated one is probed by a single request. */
const probeShare = 0.05;

/** One limit of one window: how much of it is used, and when there is room again. */
export class WindowLimit {
  readonly unit: QuotaUnit;
  readonly windowMs: number;
  /** What may be used in one window, as far as is known. */
  limit: number;
  source: LimitSource;
  readonly #log: SendLog;
  /** The oldest entry that counts. */
  #tail: number;
  #used = 0;
  /** Start of the present window where windows are fixed; undefined where they roll. */
  #startMs: number | undefined;
  #quietWindows = 0;
  #windowEndsMs = 0;
  #patience = windowsBeforeProbe;
  /** How far beyond the known limit is tried now, and the next time. */
  #step = 0;
  #nextStep: number | undefined;
  #travelMs: number = travel.leastMs;
  #travelGrewAtMs = Number.NEGATIVE_INFINITY;

  constructor(log: SendLog, unit: QuotaUnit, windowMs: number, limit: number, source: LimitSource) {
    this.#log = log;
    this.unit = unit;
    this.windowMs = windowMs;
    this.limit = limit;
    this.source = source;
    this.#tail = log.first;
    for (let number = log.first; number < log.next; number += 1) this.#used += this.#amount(number);
  }

  /** What of the log no longer counts for this limit may be forgotten. */
  get tail(): number {
    return this.#tail;
  }

  get used(): number {
    return this.#used;
  }

  /** What may be used of this window, with what is tried beyond the known limit. */
  get allowance(): number {
    return this.limit + this.#step;
  }

  /** Counts an entry that has just been added. */
  count(number: number): void {
    this.#used += this.#amount(number);
  }

  /** Tells that an entry's tokens have been corrected by so many. */
  correct(number: number, byTokens: number): void {
    if (this.unit === 'tokens' && number >= this.#tail) this.#used += byTokens;
  }

  /** Takes an entry back, before it is struck from the log. */
  refund(number: number): void {
    if (number >= this.#tail) this.#used -= this.#amount(number);
  }

  /** Milliseconds until one more of so much fits; 0: now. What is larger than the whole limit waits for an empty window. */
  waitMs(amount: number, nowMs: number): number {
    this.#forget(nowMs);
    const room = this.allowance - Math.min(amount, this.limit);
    if (this.#used <= room) return 0;
    if (this.#startMs !== undefined) return this.#startMs + this.windowMs - nowMs;
    let used = this.#used;
    for (let number = this.#tail; number < this.#log.next; number += 1) {
      used -= this.#amount(number);
      if (used <= room) return Math.max(0, this.#freeAt(number) - nowMs);
    }
    return 0;
  }

  /** When the `position`th of those who wait has its turn at the earliest, in milliseconds from now. A lower bound. */
  etaMs(position: number, amount: number, nowMs: number): number {
    const firstMs = this.waitMs(amount, nowMs);
    const perWindow = Math.max(1, this.allowance / Math.max(1, amount));
    const freeNow = Math.max(0, (this.allowance - this.#used) / Math.max(1, amount));
    if (position < freeNow) return 0;
    return firstMs + Math.floor((position - freeNow) / perWindow) * this.windowMs;
  }

  /** The server refused, and stated this limit, and this wait where it stated one. */
  refused(stated: number, retryAtMs: number | undefined, nowMs: number): boolean {
    this.#forget(nowMs);
    const firstFreeMs = this.#tail < this.#log.next ? this.#freeAt(this.#tail) - this.#travelMs : nowMs;
    const isTravel = this.#learnTravel(stated, retryAtMs, nowMs);
    const endsAtEdge = this.#startMs !== undefined && retryAtMs !== undefined && this.#isEdge(retryAtMs);
    this.limit = stated;
    this.source = 'stated';
    if (this.#step > 0) this.#patience = Math.min(this.#patience * 2, longestPatience);
    this.#step = 0;
    this.#nextStep = undefined;
    this.#quietWindows = 0;
    if (retryAtMs === undefined || endsAtEdge || isTravel) return isTravel;
    if (retryAtMs < firstFreeMs - shapeToleranceMs) this.#startMs = retryAtMs - this.windowMs;
    else if (this.#used < this.limit * 0.9) this.#startMs = undefined;
    return false;
  }

  /** Has more been used than the known limit? */
  get isBeyond(): boolean {
    return this.#used > this.limit;
  }

  /** A request that went beyond the known limit has succeeded: the limit is higher than we knew. */
  accepted(): void {
    if (this.#step === 0 || !this.isBeyond) return;
    // No more than one step in a window: where windows are fixed and we take them to roll, any step may seem to succeed.
    this.limit = this.allowance;
    this.#nextStep = this.#step * probeGrowth;
    this.#step = 0;
    this.#quietWindows = this.#patience;
  }

  /** The window is used up and more is waiting: after enough quiet windows a little more is tried. */
  exhausted(nowMs: number): void {
    if (this.#step > 0 || nowMs < this.#windowEndsMs) return;
    this.#windowEndsMs = nowMs + this.windowMs;
    this.#quietWindows += 1;
    const isGiven = this.source === 'given';
    if (this.#quietWindows <= (isGiven ? 1 : this.#patience)) return;
    const smallest = this.unit === 'requests' && !isGiven ? 1 : this.limit * probeShare;
    this.#step = this.#nextStep ?? Math.max(1, Math.ceil(smallest));
  }

  /** A known limit that was kept to by our clock, and not by the server's: the difference is what the requests' ways differ by. */
  #learnTravel(stated: number, retryAtMs: number | undefined, nowMs: number): boolean {
    if (retryAtMs === undefined || stated !== this.limit || this.#startMs !== undefined) return false;
    const missingMs = retryAtMs - nowMs;
    if (missingMs > travel.longestMs) return false;
    if (nowMs - this.#travelGrewAtMs < travel.burstMs) return true;
    this.#travelGrewAtMs = nowMs;
    this.#travelMs = Math.min(travel.longestMs, this.#travelMs + missingMs);
    return true;
  }

  #amount(number: number): number {
    const tokens = this.#log.tokensOf(number);
    if (Number.isNaN(tokens)) return 0;
    return this.unit === 'requests' ? 1 : tokens;
  }

  #freeAt(number: number): number {
    return this.#log.timeOf(number) + this.windowMs + this.#travelMs;
  }

  #isEdge(atMs: number): boolean {
    const sinceStartMs = (atMs - (this.#startMs ?? 0)) % this.windowMs;
    return Math.min(sinceStartMs, this.windowMs - sinceStartMs) < shapeToleranceMs;
  }

  #forget(nowMs: number): void {
    if (this.#startMs !== undefined) {
      const windows = Math.floor((nowMs - this.#startMs) / this.windowMs);
      if (windows > 0) this.#startMs += windows * this.windowMs;
    }
    this.#tail = Math.max(this.#tail, this.#log.first);
    while (this.#tail < this.#log.next && !this.#counts(this.#tail, nowMs)) {
      this.#used -= this.#amount(this.#tail);
      this.#tail += 1;
    }
    if (this.#tail === this.#log.next) this.#used = 0;
  }

  #counts(number: number, nowMs: number): boolean {
    return this.#startMs === undefined ? this.#freeAt(number) > nowMs : this.#log.timeOf(number) >= this.#startMs;
  }
}
