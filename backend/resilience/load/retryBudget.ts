import { guarded } from '../guard.ts';
import type { NumberRange } from '../optionError.ts';
import { checkOptions } from '../optionRules.ts';
import type { Call, Policy } from '../policy.ts';
import type { AsyncRuntime } from '../runtime.ts';
import type { Standing } from '../standing.ts';
import { SleepClock } from '../waiting/sleepClock.ts';
import { lateFor, WaitingRoom } from '../waiting/waitingRoom.ts';
import { isOverload } from './overload.ts';
import { patienceOf, scaled } from './patience.ts';

/** Settings of the retry budget. */
export interface RetryBudgetOptions {
  /** Retries for each attempt that was served; from 0 to 10. @default 0.2 */
  readonly ratio?: number | undefined;
  /** Retries that are there from the beginning, and saved up beside what was earned in the last 10 s; an integer from 1 to 1,000,000. @default 8 */
  readonly reserve?: number | undefined;
  /**
   * However bad it is, one retry every so many milliseconds; from 1 to 3,600,000. @default 4_000, or a twentieth of the time that calls
   * have where that is less
   */
  readonly floorIntervalMs?: number | undefined;
}

/** What each setting may be. */
export const retryBudgetRanges = {
  ratio: { min: 0, max: 10 },
  reserve: { min: 1, max: 1_000_000, integer: true },
  floorIntervalMs: { min: 1, max: 3_600_000, unit: 'ms' },
} as const satisfies Record<keyof RetryBudgetOptions, NumberRange>;

/** Checks the settings of a retry budget. @throws OptionError */
export const checkRetryBudget = (field: string, value: unknown): RetryBudgetOptions =>
  checkOptions(field, value, retryBudgetRanges);

/** Past the patience of those who wait the floor's rate doubles with each of these, in milliseconds, up to the fastest. */
const doublingMs = 10_000;
const fastestIntervalMs = 10;

/**
 * What was served so lately earns retries beyond the reserve: calls that come at once fail at once, and are sent again at once. In
 * milliseconds; less where calls have less patience.
 */
const windowMs = 10_000;

/** A floor that is not given is this share of the calls' patience at most. */
const shareOfPatience = 1 / 4;
const longestFloorMs = 4_000;

/** The tokens of one budget. */
class Bucket {
  readonly room: WaitingRoom<undefined>;
  readonly #clock: SleepClock;
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #floorIntervalMs: number | undefined;
  #tokens: number;
  #atMs: number;
  /** How many were served since then, and lately. */
  #served = 0;
  #lately = 0;
  /** Since when there has been nothing left. */
  #emptySinceMs: number | undefined;
  #cancelTimer: (() => void) | undefined;
  /** Of the last that asked. */
  #patienceMs = Number.POSITIVE_INFINITY;

  constructor(runtime: AsyncRuntime, { ratio = 0.2, reserve = 8, floorIntervalMs }: RetryBudgetOptions) {
    this.#clock = new SleepClock(runtime);
    this.#ratio = ratio;
    this.#reserve = reserve;
    this.#floorIntervalMs = floorIntervalMs;
    this.#tokens = reserve;
    this.#atMs = this.#clock.now();
    this.room = new WaitingRoom(runtime, exchange => lateFor(exchange, 'budget'));
  }

  /** Takes a retry out, if there is one and nobody waits for it. */
  take(call: Call): boolean {
    this.#patienceMs = patienceOf(call);
    this.#accrue();
    if (this.#tokens < 1 || this.room.length > 0) return false;
    this.#spend();
    return true;
  }

  /** An attempt was served. A retry that was has cost nothing: it did not come on top of an overload. */
  earn(isRetry: boolean): void {
    this.#served += 1;
    if (isRetry) this.#tokens += 1;
    if (this.room.length > 0) this.serve();
  }

  /** Lets those go who wait, as far as the tokens reach. */
  serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#accrue();
    for (let { first } = this.room; first !== undefined; { first } = this.room) {
      if (!isInWeather(first.exchange.standing)) {
        if (this.#tokens < 1) break;
        this.#spend();
      }
      this.room.shift()?.resolve(undefined);
    }
    if (this.room.length === 0) return;
    const waitMs = (1 - this.#tokens) * this.#intervalMs();
    this.#cancelTimer = this.#clock.wake(Math.max(1, Math.ceil(waitMs)), () => this.serve());
  }

  #spend(): void {
    this.#tokens -= 1;
    if (this.#tokens < 1) this.#emptySinceMs ??= this.#clock.now();
  }

  #accrue(): void {
    const nowMs = this.#clock.now();
    const passedMs = nowMs - this.#atMs;
    const spanMs = Math.min(windowMs, this.#patienceMs);
    const served = this.#served * Math.min(1, spanMs / passedMs);
    this.#lately = this.#lately * Math.exp(-passedMs / spanMs) + served;
    const most = this.#reserve + this.#ratio * this.#lately;
    this.#tokens = Math.min(most, this.#tokens + this.#ratio * served + passedMs / this.#intervalMs());
    if (this.#tokens >= this.#reserve / 2) this.#emptySinceMs = undefined;
    this.#served = 0;
    this.#atMs = nowMs;
  }

  #intervalMs(): number {
    const floorIntervalMs = this.#floorIntervalMs ?? Math.min(longestFloorMs, this.#patienceMs * shareOfPatience);
    const overMs = this.#clock.now() - (this.#emptySinceMs ?? Number.POSITIVE_INFINITY) - this.#patienceMs;
    if (!(overMs > 0)) return floorIntervalMs;
    return Math.max(
      Math.min(fastestIntervalMs, floorIntervalMs),
      floorIntervalMs / 2 ** (overMs / scaled(doublingMs, this.#patienceMs)),
    );
  }
}

/** Then retries keep nothing up. */
const isInWeather = (standing: Standing | undefined): boolean => standing?.health?.isWeather === true;

const isRetryOfOverload = ({ lastFailed }: Standing): boolean =>
  lastFailed !== undefined && isOverload(lastFailed.failure);

/**
 * Bounds the retries of all calls together to a share of what is served: retries that come on top of an overload keep it up. Past
 * it a retry waits. Those that are served are given back. What a quota refused is not counted: the gate paces that.
 */
export function retryBudget(options: RetryBudgetOptions = {}): Policy {
  let bucket: Bucket | undefined;
  return guarded({
    enter: (exchange, standing) => {
      bucket ??= new Bucket(exchange.call.runtime, options);
      if (!isRetryOfOverload(standing) || isInWeather(standing) || bucket.take(exchange.call)) return undefined;
      const waiting = bucket.room.wait(exchange);
      bucket.serve();
      return waiting;
    },
    leave: (_exchange, standing, outcome) => {
      if (outcome.ok) bucket?.earn(isRetryOfOverload(standing));
    },
  });
}
