/** So many served places are kept before the array is cut: a new array for each that comes and goes would cost more than it holds. */
const mostServed = 1_024;

/** First in, first out, in constant time. */
export class Fifo<W> {
  #items: (W | undefined)[] = [];
  #head = 0;

  /** Adds the newest. */
  push(item: W): void {
    this.#items.push(item);
  }

  /** The oldest. */
  get first(): W | undefined {
    return this.#head < this.#items.length ? this.#items[this.#head] : undefined;
  }

  /** Lets the oldest go. */
  shift(): void {
    if (this.#head >= this.#items.length) return;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    // What was served is cut off in large pieces, so that each costs a constant share of it.
    if (this.#head < mostServed || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
