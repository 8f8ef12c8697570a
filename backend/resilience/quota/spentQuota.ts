import type { Failed } from '../failure.ts';
import type { QuotaRules } from './quotaRules.ts';

/** A quota that is spent for longer than a call waits. */
export interface Spent {
  /** How the server said so; undefined where only our own count does. */
  readonly failed: Failed | undefined;
  /** Milliseconds since 1970. */
  readonly untilWallMs: number;
}

/** What is spent until a date: a day's requests, by our own count or by what the server said. */
export class SpentQuota {
  readonly #rules: QuotaRules;
  #told: Spent | undefined;
  #usedToday = 0;
  #dayEndsWallMs = 0;

  constructor(rules: QuotaRules) {
    this.#rules = rules;
  }

  /** Is there anything to know of? Else the clock need not be asked. */
  get matters(): boolean {
    return this.#told !== undefined || this.counts;
  }

  /** Is there a day's limit that was given? */
  get counts(): boolean {
    return this.#rules.given.requestsPerDay !== undefined;
  }

  /** What is spent now, if anything is. */
  at(wallMs: number): Spent | undefined {
    if (this.#told !== undefined && wallMs < this.#told.untilWallMs) return this.#told;
    const { requestsPerDay } = this.#rules.given;
    if (requestsPerDay === undefined || this.#today(wallMs) < requestsPerDay) return undefined;
    return { failed: undefined, untilWallMs: this.#dayEndsWallMs };
  }

  /** The server refused: is it for longer than a call waits? */
  learn(failed: Failed, wallMs: number): void {
    const untilWallMs = this.#rules.spentUntil(failed.failure, wallMs);
    if (untilWallMs !== undefined && untilWallMs > wallMs) this.#told = { failed, untilWallMs };
  }

  /** Counts one that is sent. */
  count(wallMs: number): void {
    this.#usedToday = this.#today(wallMs) + 1;
  }

  /** Takes one back. */
  uncount(): void {
    this.#usedToday = Math.max(0, this.#usedToday - 1);
  }

  #today(wallMs: number): number {
    if (wallMs >= this.#dayEndsWallMs) {
      this.#usedToday = 0;
      this.#dayEndsWallMs = this.#rules.dayEnds(wallMs);
    }
    return this.#usedToday;
  }
}
