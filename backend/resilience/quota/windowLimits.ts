import { freeInMs, type QuotaReport } from '../quotaReport.ts';
import type { GivenQuota } from './quotaRules.ts';
import type { SendLog } from './sendLog.ts';
import { type QuotaUnit, WindowLimit } from './windowLimit.ts';

const minuteMs = 60_000;

/** Longer windows are no calls' business. */
const longestWindowMs = 3_600_000;

/** All limits of one scope, over one log. */
export class WindowLimits {
  readonly #log: SendLog;
  readonly #all: WindowLimit[] = [];
  readonly #isStrict: boolean;

  /** @param isStrict whether a limit that was given up front is never gone beyond */
  constructor(log: SendLog, { requestsPerMinute, inputTokensPerMinute }: GivenQuota, isStrict: boolean) {
    this.#log = log;
    this.#isStrict = isStrict;
    if (requestsPerMinute) this.#all.push(new WindowLimit(log, 'requests', minuteMs, requestsPerMinute, 'given'));
    if (inputTokensPerMinute) this.#all.push(new WindowLimit(log, 'tokens', minuteMs, inputTokensPerMinute, 'given'));
  }

  /** Does one of them count tokens? */
  get countTokens(): boolean {
    return this.#all.some(({ unit }) => unit === 'tokens');
  }

  /** Has more been used than one of them is known to allow? */
  get isBeyond(): boolean {
    return this.#all.some(({ isBeyond }) => isBeyond);
  }

  /** The limits as they stand, to be compared. */
  get known(): string {
    return this.#all.map(({ limit, source }) => `${limit} ${source}`).join();
  }

  /** The oldest entry of the log that one of them counts, or the one that comes next. */
  get tail(): number {
    let oldest = this.#log.next;
    for (const { tail } of this.#all) oldest = Math.min(oldest, tail);
    return oldest;
  }

  /** The time between requests that are spaced evenly, in milliseconds. */
  get gapMs(): number {
    const requests = this.#all.filter(({ unit }) => unit === 'requests');
    return Math.max(0, ...requests.map(({ windowMs, limit }) => windowMs / limit));
  }

  /** The limit of this window; begun where there was none. */
  of(unit: QuotaUnit, windowMs: number, limit: number): WindowLimit {
    const known = this.#all.find(one => one.unit === unit && one.windowMs === windowMs);
    if (known !== undefined) return known;
    const created = new WindowLimit(this.#log, unit, windowMs, limit, 'stated');
    this.#all.push(created);
    return created;
  }

  /**
   * Learns limits of requests that the server states with its answers. Tokens are counted by rules of its own, so that only what is
   * left of them is believed.
   * @returns milliseconds until one more request of so many tokens fits
   */
  reported(reports: readonly QuotaReport[], tokens: number): number {
    for (const { unit, windowMs, limit } of reports) {
      if (unit === 'requests' && windowMs <= longestWindowMs) this.of(unit, windowMs, limit).limit = limit;
    }
    return Math.max(0, ...reports.map(report => freeInMs(report, tokens)));
  }

  /** Milliseconds until a request of so many tokens fits all of them. */
  waitMs(tokens: number, nowMs: number): number {
    let longestMs = 0;
    for (const limit of this.#all) {
      const waitMs = limit.waitMs(limit.unit === 'tokens' ? tokens : 1, nowMs);
      if (waitMs > 0 && !(this.#isStrict && limit.source === 'given')) limit.exhausted(nowMs);
      longestMs = Math.max(longestMs, waitMs);
    }
    return longestMs;
  }

  /** When the `position`th of those who wait has its turn at the earliest, in milliseconds from now. */
  etaMs(position: number, tokens: number, nowMs: number): number {
    // What was given up front may be too low, unless it is meant as the most.
    const known = this.#all.filter(({ source }) => source === 'stated' || this.#isStrict);
    return Math.max(0, ...known.map(limit => limit.etaMs(position, limit.unit === 'tokens' ? tokens : 1, nowMs)));
  }

  /** Counts an entry that has just been added to the log. */
  count(number: number): void {
    for (const limit of this.#all) limit.count(number);
  }

  /** Tells that an entry's tokens have been corrected by so many. */
  correct(number: number, byTokens: number): void {
    for (const limit of this.#all) limit.correct(number, byTokens);
  }

  /** Takes an entry back, before it is struck from the log. */
  refund(number: number): void {
    for (const limit of this.#all) limit.refund(number);
  }

  /** A request that went beyond a known limit has succeeded. */
  accepted(): void {
    for (const limit of this.#all) limit.accepted();
  }
}
