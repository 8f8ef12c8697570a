/** First in, first out, in constant time. */
export class Fifo<W> {
  #items: W[] = [];
  #head = 0;

  /** Adds the newest. */
  push(item: W): void {
    this.#items.push(item);
  }

  /** The oldest. */
  get first(): W | undefined {
    return this.#items[this.#head];
  }

  /** Lets the oldest go. */
  shift(): void {
    this.#head += 1;
    if (this.#head < this.#items.length) {
      // What was served is let go in large pieces, so that each costs a constant share of it.
      if (this.#head < 1_024 || this.#head * 2 < this.#items.length) return;
      this.#items = this.#items.slice(this.#head);
    } else this.#items = [];
    this.#head = 0;
  }
}
