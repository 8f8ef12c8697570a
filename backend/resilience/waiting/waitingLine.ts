import { Fifo } from './fifo.ts';

/** One that waits, and where it stands. */
export interface Waiting {
  /** Higher is served first. */
  readonly priority: number;
  /** Has it been sent before? Within a priority, those go first. */
  readonly isRetry: boolean;
  /** It has left without being served. */
  gone: boolean;
}

/** Those who wait: by priority, then retries before what is new, then in the order of their coming. */
export class WaitingLine<W extends Waiting> {
  readonly #levels = new Map<number, Fifo<W>>();
  /** Highest first. */
  #order: number[] = [];
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  push(waiting: W): void {
    const level = waiting.priority * 2 + (waiting.isRetry ? 1 : 0);
    let fifo = this.#levels.get(level);
    if (fifo === undefined) {
      fifo = new Fifo();
      this.#levels.set(level, fifo);
      this.#order = [...this.#levels.keys()].sort((one, other) => other - one);
    }
    fifo.push(waiting);
    this.#length += 1;
  }

  /** Who is next. */
  get first(): W | undefined {
    return this.#first()?.first;
  }

  /** Serves the first. */
  shift(): W | undefined {
    const fifo = this.#first();
    const waiting = fifo?.first;
    if (waiting === undefined) return undefined;
    fifo?.shift();
    this.#length -= 1;
    return waiting;
  }

  /** Lets one go who is not served. Its place is passed over when its turn comes. */
  leave(waiting: W): void {
    if (waiting.gone) return;
    waiting.gone = true;
    this.#length -= 1;
  }

  /** Everyone who waits, in the order of their turns. */
  *[Symbol.iterator](): Generator<W, void, undefined> {
    const kept: W[] = [];
    for (let next = this.shift(); next !== undefined; next = this.shift()) kept.push(next);
    for (const waiting of kept) this.push(waiting);
    yield* kept;
  }

  #first(): Fifo<W> | undefined {
    for (const level of this.#order) {
      const fifo = this.#levels.get(level);
      while (fifo?.first?.gone) fifo.shift();
      if (fifo?.first !== undefined) return fifo;
    }
    return undefined;
  }
}
