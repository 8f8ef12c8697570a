/** More than this is not remembered: beyond it, pacing by the log is no longer exact. A power of two, as all sizes of the ring are. */
const mostEntries = 131_072;

/**
 * When something was sent and how many tokens it had, oldest first: a ring of numbers, because a busy client remembers tens of
 * thousands. Each entry has a number of its own, counted from 0, by which it can be corrected later; tokens that are NaN mean that
 * it was taken back.
 */
export class SendLog {
  #times = new Float64Array(64);
  #tokens = new Float64Array(64);
  #first = 0;
  #next = 0;

  /** The number of the oldest entry that is still remembered. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next entry will get. */
  get next(): number {
    return this.#next;
  }

  /** Adds an entry and gives its number. */
  add(atMs: number, tokens: number): number {
    if (this.#next - this.#first === this.#times.length) this.#makeRoom();
    const number = this.#next;
    this.#next += 1;
    this.set(number, atMs, tokens);
    return number;
  }

  timeOf(number: number): number {
    return this.#times[number & (this.#times.length - 1)] ?? 0;
  }

  tokensOf(number: number): number {
    return this.#tokens[number & (this.#tokens.length - 1)] ?? 0;
  }

  /** Corrects an entry, if it is still remembered. */
  set(number: number, atMs: number, tokens: number): void {
    if (number < this.#first) return;
    this.#times[number & (this.#times.length - 1)] = atMs;
    this.#tokens[number & (this.#tokens.length - 1)] = tokens;
  }

  /** Forgets what is older than a number. */
  forgetBefore(number: number): void {
    this.#first = Math.min(Math.max(this.#first, number), this.#next);
  }

  #makeRoom(): void {
    const size = this.#times.length;
    if (size >= mostEntries) {
      this.#first += 1;
      return;
    }
    const times = new Float64Array(size * 2);
    const tokens = new Float64Array(size * 2);
    for (let number = this.#first; number < this.#next; number += 1) {
      times[number & (size * 2 - 1)] = this.timeOf(number);
      tokens[number & (size * 2 - 1)] = this.tokensOf(number);
    }
    this.#times = times;
    this.#tokens = tokens;
  }
}
