import type { Runtime } from '../../resilience/wholeRuntime.ts';
import { durationMs } from '../classification/durations.ts';

/** After this share of the time that the server has left a connection, it is left also where something is in doubt. */
const waitShare = 0.75;

/** When to leave a connection that the server has said to cut. */
export class Departure {
  readonly #runtime: Runtime;
  readonly #onDue: () => void;
  #isAnnounced = false;
  #isDue = false;
  #cancelTimer: (() => void) | undefined;

  /** @param onDue told when it is time to leave even so */
  constructor(runtime: Runtime, onDue: () => void) {
    this.#runtime = runtime;
    this.#onDue = onDue;
  }

  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  /** @param timeLeft until the cut, as the server writes it: `10s` */
  announce(timeLeft: string | undefined): void {
    this.cancel();
    this.#isAnnounced = true;
    const leftMs = durationMs(timeLeft ?? '') ?? 0;
    this.#cancelTimer = this.#runtime.setTimer(leftMs * waitShare, () => {
      this.#isDue = true;
      this.#onDue();
    });
  }

  /** Is this the time to leave, with so many messages of which it is not known whether the server has read them? */
  isWise(inDoubt: number): boolean {
    return this.#isAnnounced && (inDoubt === 0 || this.#isDue);
  }

  /** The connection is gone. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#isAnnounced = false;
    this.#isDue = false;
  }
}
