/** Who was let through, as far as its permit looks at it. */
interface Sent {
  readonly attempt: number;
  readonly sentAtMs: number;
}

/** One attempt that a quota has let through. */
export class Permit {
  /** Its number in the log of what was sent. */
  readonly number: number;
  /** Tokens that it is reckoned at. */
  tokens: number;
  /** Whether it goes beyond a known limit, to find out if that has risen. */
  readonly isProbe: boolean;
  /** Whether the server has let it in, as far as is known. */
  confirmed = false;
  readonly #exchange: Sent;
  readonly #attempt: number;
  readonly #skippedMs: number;

  /** @param skippedMs from the time by which attempts are sent to the gate's own */
  constructor(exchange: Sent, number: number, tokens: number, isProbe: boolean, skippedMs: number) {
    this.number = number;
    this.tokens = tokens;
    this.isProbe = isProbe;
    this.#exchange = exchange;
    this.#attempt = exchange.attempt;
    this.#skippedMs = skippedMs;
  }

  /** When it was sent, by the gate's time; undefined while it is held back further in. */
  get sentAtMs(): number | undefined {
    const { attempt, sentAtMs } = this.#exchange;
    return attempt === this.#attempt ? undefined : sentAtMs + this.#skippedMs;
  }
}
