/** How often the rate is counted, and over how much, in milliseconds. */
const spanMs = 10_000;

/** What refusals without a word leave of the rate that had been let in. */
const decrease = 0.7;

/** Below this share of refusals without a word there is nothing to be cut: they also come by chance. */
const meantShare = 0.08;

/** So many attempts the share looks back on. */
const memory = 50;

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
  /** Share of attempts that were refused without a word, exponentially smoothed. */
  #share = 0;
  /** NaN: nothing was let in yet. */
  #sinceMs = Number.NaN;
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
    if (this.#share !== 0) this.#share -= this.#share / memory;
    if (this.#holds !== 0) this.#holds = 0;
    if (!(nowMs - this.#sinceMs <= spanMs)) this.#beginSpan(nowMs);
    this.#accepted += 1;
  }

  /** The server refused and said nothing. Refusals of one burst count once. Was it more than chance, so that the rate was cut? */
  refused(nowMs: number): boolean {
    this.#share += (1 - this.#share) / memory;
    const isFirst = this.#accepted === 0;
    if (this.#share < meantShare && !isFirst) return false;
    if (nowMs < this.#nextMs && nowMs - this.#cutAtMs < firstHoldMs) return true;
    const seconds = Math.max(1, (Number.isNaN(this.#sinceMs) ? 0 : nowMs - this.#sinceMs) / 1_000);
    const before = Math.min(this.#rate(nowMs) ?? Number.POSITIVE_INFINITY, this.#accepted / seconds);
    this.#cutTo = Math.max(1_000 / slowestGapMs, before * decrease);
    this.#perSecond = this.#cutTo;
    this.#cutAtMs = nowMs;
    this.#nextMs = nowMs + Math.min(longestHoldMs, firstHoldMs * 2 ** this.#holds);
    this.#holds += 1;
    this.#share /= 2;
    return true;
  }

  #beginSpan(nowMs: number): void {
    // Half of what was counted is kept, so that the rate does not begin at nothing.
    this.#sinceMs = this.#accepted === 0 ? nowMs : nowMs - spanMs / 2;
    this.#accepted /= 2;
  }

  #rate(nowMs: number): number | undefined {
    if (this.#perSecond === undefined) return undefined;
    const perSecond = this.#cutTo * (1 + ((nowMs - this.#cutAtMs) / 1_000) * increasePerSecond);
    this.#perSecond = perSecond > this.#cutTo * freeAt ? undefined : perSecond;
    return this.#perSecond;
  }
}
