import { scaled } from './patience.ts';

/** How long one floor is tried at least by the most patient, in milliseconds, and with how many attempts. */
const trialMs = 5_000;
const trialAttempts = 4;

/** As long as this share of what is asked is served, more may be asked at once. */
const servedShare = 0.15;

/** Weather has gaps: trouble is over when there has been none for so long. In milliseconds. */
const gapMs = 20_000;

/** Nobody needs more than this to get through weather. */
const highest = 256;

/**
 * How many attempts at once are allowed in any case. One, as long as trouble may be an outage. What goes on for longer is weather:
 * a share of all attempts fails, whatever we do, and then asking more at once serves more. Where it does not, because the service
 * is down or drowns in what it is asked, the floor sinks again.
 */
export class WeatherFloor {
  value = 1;
  #troubledSinceMs: number | undefined;
  #troubledAtMs = 0;
  #trialFromMs = 0;
  #served = 0;
  #asked = 0;

  /** Is there trouble to be over with? */
  get isRaised(): boolean {
    return this.#troubledSinceMs !== undefined;
  }

  /** An attempt has ended. */
  tell(wasServed: boolean, isTroubled: boolean, patienceMs: number, nowMs: number): void {
    if (isTroubled) this.#troubledAtMs = nowMs;
    else if (this.#troubledSinceMs === undefined || nowMs - this.#troubledAtMs > gapMs) {
      this.value = 1;
      this.#troubledSinceMs = undefined;
      return;
    }
    this.#troubledSinceMs ??= nowMs;
    this.#asked += 1;
    if (wasServed) this.#served += 1;
    if (nowMs - this.#troubledSinceMs < patienceMs) return;
    if (nowMs - this.#trialFromMs < scaled(trialMs, patienceMs) || this.#asked < trialAttempts) return;
    const isWeather = this.#served >= this.#asked * servedShare;
    this.value = isWeather ? Math.min(highest, this.value * 2) : Math.max(1, this.value / 2);
    this.#trialFromMs = nowMs;
    this.#served = 0;
    this.#asked = 0;
  }
}
