/** How often the rate is counted, and over how much, in milliseconds. */
const spanMs = 10_000;

/** What a refusal without a word leaves of the rate that had been let in. */
const decrease = 0.7;

/** What comes back each second, as a share of the rate that was refused. */
const increasePerSecond = 0.03;

/** So far above the rate that was refused it is no longer paced. */
const freeAt = 4;

/** The first wait after a refusal that says nothing, doubled with each in a row, and the longest. In milliseconds. */
const firstHoldMs = 1_000;
const longestHoldMs = 30_000;

/** Never slower than one request in this many milliseconds. */
const slowestGapMs = 30_000;

/**
 * A rate that nobody states: cut by a share when the server refuses without a word (a capacity that is shared with others), and
 * given back a little every second.
 */
export class SendRate {
  #accepted = 0;
  #sinceMs: number | undefined;
  /** Requests per second; undefined: not paced. */
  #perSecond: number | undefined;
  #cutAtMs = 0;
  #cutTo = 0;
  #holds = 0;
  #nextMs = Number.NEGATIVE_INFINITY;

  /** Milliseconds until the next may be sent; 0: now. */
  waitMs(nowMs: number): number {
    const perSecond = this.#rate(nowMs);
    return perSecond === undefined ? 0 : Math.max(0, this.#nextMs - nowMs);
  }

  sent(nowMs: number): void {
    const perSecond = this.#rate(nowMs);
    if (perSecond === undefined) return;
    const gapMs = Math.min(slowestGapMs, 1_000 / perSecond);
    this.#nextMs = Math.max(nowMs, this.#nextMs) + gapMs;
  }

  accepted(nowMs: number): void {
    this.#sinceMs ??= nowMs;
    this.#holds = 0;
    if (nowMs - this.#sinceMs > spanMs) {
      // Half of what was counted is kept, so that the rate does not begin at nothing.
      this.#accepted /= 2;
      this.#sinceMs = nowMs - spanMs / 2;
    }
    this.#accepted += 1;
  }

  /** The server refused and said nothing. Refusals of one burst count once. Gives how long to hold everything, in milliseconds. */
  refused(nowMs: number): number {
    if (nowMs < this.#nextMs && nowMs - this.#cutAtMs < firstHoldMs) return 0;
    const seconds = Math.max(1, (nowMs - (this.#sinceMs ?? nowMs)) / 1_000);
    const letIn = this.#accepted / seconds;
    const before = Math.min(this.#rate(nowMs) ?? Number.POSITIVE_INFINITY, letIn);
    this.#cutTo = Math.max(1_000 / slowestGapMs, before * decrease);
    this.#perSecond = this.#cutTo;
    this.#cutAtMs = nowMs;
    const holdMs = Math.min(longestHoldMs, firstHoldMs * 2 ** this.#holds);
    this.#holds += 1;
    this.#nextMs = nowMs + holdMs;
    return holdMs;
  }

  #rate(nowMs: number): number | undefined {
    if (this.#perSecond === undefined) return undefined;
    const perSecond = this.#cutTo * (1 + ((nowMs - this.#cutAtMs) / 1_000) * increasePerSecond);
    this.#perSecond = perSecond > this.#cutTo * freeAt ? undefined : perSecond;
    return this.#perSecond;
  }
}
