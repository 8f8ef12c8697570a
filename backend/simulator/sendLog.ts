/** Requests in the order in which they were counted, as long as they count. */

/** A request that was counted, in milliseconds since 1970 and input tokens. */
export interface Sent {
  readonly atMs: number;
  readonly tokens: number;
}

/** Forgotten entries that are kept before the list is cut: cutting for each one would copy the list for each request. */
const mostForgotten = 1024;

/** A log that forgets from its old end, and knows its sums without adding them up. */
export class SendLog {
  #sent: Sent[] = [];
  #first = 0;
  #tokens = 0;

  /** How many requests count. */
  get count(): number {
    return this.#sent.length - this.#first;
  }

  /** The input tokens of the requests that count. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Counts one more, which must not be older than the ones before. */
  add(sent: Sent): void {
    this.#sent.push(sent);
    this.#tokens += sent.tokens;
  }

  /** Forgets the oldest ones for as long as their time is past. */
  forgetWhile(isPast: (atMs: number) => boolean): void {
    for (let oldest = this.#sent[this.#first]; oldest !== undefined; oldest = this.#sent[this.#first]) {
      if (!isPast(oldest.atMs)) break;
      this.#tokens -= oldest.tokens;
      this.#first += 1;
    }
    if (this.#first < mostForgotten && this.#first < this.#sent.length) return;
    this.#sent = this.#sent.slice(this.#first);
    this.#first = 0;
  }

  /** When the request was sent with whose end this many will have been given back; `undefined` where there are not so many. */
  sentAtOfRequest(missing: number): number | undefined {
    return this.#sent[this.#first + missing - 1]?.atMs;
  }

  /** When the request was sent with whose end this many tokens will have been given back; `undefined` where there are not so many. */
  sentAtOfToken(missing: number): number | undefined {
    if (missing > this.#tokens) return undefined;
    let freed = 0;
    for (let index = this.#first; index < this.#sent.length; index += 1) {
      const sent = this.#sent[index];
      freed += sent?.tokens ?? 0;
      if (freed >= missing) return sent?.atMs;
    }
    return undefined;
  }
}
