/** So many attempts are a trial at least; of a higher floor, as many as it allows at once. It takes more of them to find that nobody is served. */
const trialAttempts = { least: 6, inVain: 40 } as const;

/** As long as this share of what is asked is served, more may be asked at once. */
const servedShare = 0.05;

/**
 * Of whom this share is served although much fails, he meets no outage: after so many attempts that is no chance, and this part of
 * the patience is enough.
 */
const plain = { share: 0.63, asked: 120, patience: 1 / 12 } as const;

/** Of whom so much is served, he needs no more at once than he has. */
const wellServed = 0.9;

/**
 * And as long as asking more does not lower it: who is served less when he asks more is what the service drowns in. The share of
 * the share that has to be kept, and how many standard errors chance is allowed.
 */
const kept = { share: 0.75, errors: 2 } as const;

/** What was too much is tried again after so many trials of the half of it; each time twice as many, up to a most. */
const stays = { first: 4, most: 64 } as const;

/** Weather has gaps: trouble is over when there has been none for so long. In milliseconds. */
const gapMs = 20_000;

/** Nobody needs more than this to get through weather. */
const highest = 1_024;

/** How many were asked of a service at one floor, and the share of them that was served. */
interface Trial {
  readonly asked: number;
  readonly share: number;
}

const none: Trial = { asked: 0, share: 0 };

/** Is so much less served than in the other trial that it is not by chance? */
function isWorse({ asked, share }: Trial, than: Trial): boolean {
  if (than.asked === 0 || share >= than.share * kept.share) return false;
  const together = (share * asked + than.share * than.asked) / (asked + than.asked);
  const standardError = Math.sqrt(together * (1 - together) * (1 / asked + 1 / than.asked));
  return than.share - share > kept.errors * standardError;
}

/**
 * How many attempts at once are allowed in any case. One, as long as trouble may be an outage. What goes on for longer is weather:
 * a share of all attempts fails, whatever we do, and then asking more at once serves more. Where it does not, because the service
 * is down or drowns in what it is asked, the floor sinks again.
 */
export class WeatherFloor {
  value = 1;
  /** Has trouble gone on for longer than patience, so that it is tried out how much may be asked? */
  isTrying = false;
  #troubledSinceMs: number | undefined;
  #troubledAtMs = 0;
  #served = 0;
  #asked = 0;
  /** What was sent before the floor sank says nothing of the lower one. */
  #countsFromMs = 0;
  /** At the floor below. */
  #below = none;
  #tooMuch = Number.POSITIVE_INFINITY;
  #staysLeft = 0;
  #nextStays: number = stays.first;

  /** Is there trouble to be over with? */
  get isRaised(): boolean {
    return this.#troubledSinceMs !== undefined;
  }

  /** An attempt has ended that was sent at this time, on the runtime's clock in milliseconds. */
  tell(wasServed: boolean, isTroubled: boolean, patienceMs: number, sentAtMs: number, nowMs: number): void {
    if (isTroubled) this.#troubledAtMs = nowMs;
    else if (this.#troubledSinceMs === undefined || nowMs - this.#troubledAtMs > gapMs) {
      this.#forget();
      return;
    }
    this.#troubledSinceMs ??= nowMs;
    if (sentAtMs < this.#countsFromMs) return;
    this.#asked += 1;
    if (wasServed) this.#served += 1;
    const isPlain = this.#asked >= plain.asked && this.#served >= plain.share * this.#asked;
    this.isTrying ||= nowMs - this.#troubledSinceMs >= patienceMs * (isPlain ? plain.patience : 1);
    if (this.isTrying) this.#judge(nowMs);
  }

  /** Trouble is over. What was too much is remembered: it mostly comes back. */
  #forget(): void {
    this.value = 1;
    this.isTrying = false;
    this.#troubledSinceMs = undefined;
    this.#served = 0;
    this.#asked = 0;
    this.#below = none;
  }

  #judge(nowMs: number): void {
    const trial = { asked: this.#asked, share: this.#served / this.#asked };
    const isVain = trial.share < servedShare;
    if (trial.asked < Math.max(isVain ? trialAttempts.inVain : trialAttempts.least, this.value)) return;
    this.#served = 0;
    this.#asked = 0;
    if (isVain) this.#sink(2, nowMs);
    else if (isWorse(trial, this.#below)) {
      this.#remember();
      // By two steps, so that it lies below what was too much.
      this.#sink(4, nowMs);
    } else this.#rise(trial);
  }

  /** This was too much. */
  #remember(): void {
    this.#tooMuch = this.value;
    this.#staysLeft = this.#nextStays;
    this.#nextStays = Math.min(stays.most, 2 * this.#nextStays);
  }

  #sink(by: number, nowMs: number): void {
    if (this.value > 1) this.#countsFromMs = nowMs;
    this.value = Math.max(1, this.value / by);
    this.#below = none;
  }

  #rise(trial: Trial): void {
    this.#below = trial;
    if (this.value >= this.#tooMuch) {
      this.#tooMuch = Number.POSITIVE_INFINITY;
      this.#nextStays = stays.first;
    }
    if (2 * this.value >= this.#tooMuch && this.#staysLeft > 0) this.#staysLeft -= 1;
    else if (trial.share < wellServed) this.value = Math.min(highest, 2 * this.value);
  }
}
