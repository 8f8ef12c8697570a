import type { Call } from '../policy.ts';
import type { AsyncRuntime } from '../runtime.ts';
import type { Health } from '../standing.ts';
import { patienceOf } from './patience.ts';
import { WeatherFloor } from './weatherFloor.ts';

/** From this share of overloaded attempts on, the service is taken to be in trouble. */
const troubledShare = 0.35;

/** So many overloaded attempts are taken for bad luck first, and this of one is given back for each that is served. */
const mostLuck = 8;
const luckForService = 0.2;

/** Below this share it is well again. */
const wellShare = 0.1;

/** A service that has served somebody so lately is not down, in milliseconds: as far back as a breaker looks. */
const latelyMs = 10_000;

/** A share so small is none. */
const forgotten = 1e-6;

/** How many outcomes the share looks back on: no fewer, and no more. */
const memory = { least: 6, most: 50 } as const;

/** One cut takes no more than this of the limit. */
const deepestCut = 0.5;

/**
 * How many attempts a service bears at once: found by additive increase and multiplicative decrease. What counts is the share of
 * attempts that it could not serve, so that a rare failure costs nothing.
 */
export class ConcurrencyLimit implements Health {
  /** At most so many at once. */
  limit: number;
  /** How many places are taken. */
  taken = 0;
  readonly #ceiling: number;
  /** Share of overloaded attempts, exponentially smoothed. */
  #share = 0;
  #luck = mostLuck;
  #cutAtMs = Number.NEGATIVE_INFINITY;
  /** The most that were taken while the service was well. */
  #wellAt = 1;
  /** How many were served before anything had failed, or after all of that was forgotten. */
  #servedWell = 0;
  #isShared = false;
  #patienceMs = 0;
  /** When the first failed since somebody was served. */
  #nobodySinceMs: number | undefined;
  #isTroubled = false;
  #hasServed = false;
  readonly #floor = new WeatherFloor();

  constructor(ceiling: number) {
    this.limit = ceiling;
    this.#ceiling = ceiling;
  }

  /** Is there a place? */
  get hasRoom(): boolean {
    return this.taken < Math.floor(this.limit);
  }

  /** Does the service fail more than one call, and often? */
  get isTroubled(): boolean {
    return this.#isTroubled;
  }

  /** For how long it has served nobody, in milliseconds. */
  outageMs(nowMs: number): number {
    return nowMs - (this.#nobodySinceMs ?? nowMs);
  }

  serves(runtime: AsyncRuntime): boolean {
    if (!this.#hasServed) return false;
    return this.isWeather || this.#nobodySinceMs === undefined || this.outageMs(runtime.now()) < latelyMs;
  }

  /**
   * Does an exchange that has failed keep its place? Otherwise another would take it, and the service would be asked by all of them
   * in turn: which is what it takes to find out, once it is taken for weather.
   */
  keepsPlaces(runtime: AsyncRuntime): boolean {
    return !this.isWeather && !(this.#floor.isTrying && this.serves(runtime));
  }

  /** Is it weather, that is not waited out? */
  get isWeather(): boolean {
    return this.#floor.value > 1;
  }

  /** And has it done so for a while? */
  get isOut(): boolean {
    return this.#isTroubled && this.#luck < 1;
  }

  /** Has nothing gone wrong that is still remembered? Then a success changes no more than how many the service bears. */
  get #isCalm(): boolean {
    return this.#share === 0 && this.#luck === mostLuck && !this.#floor.isRaised && this.limit >= this.#ceiling;
  }

  /** An attempt was served that was sent at this time, on the runtime's clock in milliseconds. */
  served(sentAtMs: number, { runtime }: Call): void {
    this.#hasServed = true;
    if (this.#isCalm) {
      this.#wellAt = Math.max(1, this.taken);
      this.#servedWell += 1;
      return;
    }
    this.#move(0);
    this.#nobodySinceMs = undefined;
    this.#luck = Math.min(mostLuck, this.#luck + luckForService);
    if (this.#share < wellShare) {
      this.#isShared = false;
      this.#isTroubled = false;
      if (this.limit >= this.#ceiling) this.#wellAt = Math.max(1, this.taken);
    }
    if (this.isOut || this.#floor.isRaised)
      this.#floor.tell(true, this.isOut, this.#patienceMs, sentAtMs, runtime.now());
    this.limit = Math.max(this.limit, this.#floor.value);
    // Who does not use what he has learns nothing about more.
    if (this.limit >= this.#ceiling || this.#share >= troubledShare || this.taken < Math.floor(this.limit)) return;
    this.limit += this.limit < this.#wellAt / 2 ? 1 : 1 / this.limit;
    if (this.limit > this.#wellAt * 2 && this.#share < wellShare) this.limit = this.#ceiling;
  }

  /**
   * An attempt met an overloaded service.
   * @param sentAtMs when it was sent: what was under way at the last cut is no reason for another
   * @param waiting how many wait for a place
   */
  overloaded(sentAtMs: number, waiting: number, call: Call): void {
    const nowMs = call.runtime.now();
    this.#patienceMs = patienceOf(call, this.#servedWell);
    this.#nobodySinceMs ??= nowMs;
    this.#move(1);
    this.#luck = Math.max(0, this.#luck - 1);
    // One call alone may be at fault itself.
    if (waiting > 0 || this.taken > 1) this.#isShared = true;
    // It takes a good while of service to be out of trouble again.
    if (this.#share >= troubledShare && this.#isShared) this.#isTroubled = true;
    this.#floor.tell(false, this.isOut, this.#patienceMs, sentAtMs, nowMs);
    if (this.#luck >= 1 || this.#share < troubledShare || sentAtMs < this.#cutAtMs) return;
    this.#cutAtMs = nowMs;
    const base = Math.min(this.limit, Math.max(1, this.taken));
    this.limit = Math.max(this.#floor.value, Math.floor(base * (1 - Math.min(deepestCut, this.#share))));
  }

  #move(towards: number): void {
    this.#share += (towards - this.#share) / Math.min(memory.most, Math.max(memory.least, this.taken));
    if (this.#share < forgotten) this.#share = 0;
  }
}
