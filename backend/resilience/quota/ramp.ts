import type { Permit } from '../permit.ts';
import { Fifo } from '../waiting/fifo.ts';

/** How many may be under way unconfirmed once the very first has been let in. */
const coldStart = 8;

/** Share of the work at hand that may be refused because it was sent before a limit was found. */
const riskShare = 0.04;

/** Share of what one window has carried that may be under way unconfirmed: limits fall, too. */
const provenShare = 1 / 4;

/** A refusal comes at once, an answer takes its time: what is under way for so long has been let in. In milliseconds. */
const confirmMs = 1_500;

/** The very first is waited for by all others, so that a spent day costs one request; but not for long. In milliseconds. */
const scoutMs = 500;

/** Refusals of one burst count once. In milliseconds. */
const burstMs = 1_000;

/**
 * How many attempts may be on their way to a limit that is not known yet: one, then 8, then one more for each that is let in,
 * which doubles it with each round. A refusal can only meet those that are under way, so that their number is what a new limit
 * costs; it stays below a small share of the work at hand.
 */
export class Ramp {
  #limit = 1;
  readonly #pending = new Fifo<Permit>();
  #count = 0;
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  /** How many more may be let through now. */
  room(nowMs: number, workAtHand: number, proven: number): number {
    this.#settle(nowMs);
    const most = Math.max(coldStart, Math.floor(workAtHand * riskShare), Math.floor(proven * provenShare));
    return Math.min(this.#limit, most) - this.#count;
  }

  /** Milliseconds until the oldest under way counts as let in; undefined where none is under way. */
  nextMs(nowMs: number): number | undefined {
    const sentAtMs = this.#pending.first?.sentAtMs;
    return sentAtMs === undefined ? undefined : Math.max(0, sentAtMs + this.#confirmMs - nowMs);
  }

  /** May one more be let through, whatever the work at hand and the time? */
  get hasRoom(): boolean {
    return this.#count < Math.min(this.#limit, coldStart);
  }

  sent(permit: Permit): void {
    this.#pending.push(permit);
    this.#count += 1;
  }

  /** The server has let it in. */
  accepted(permit: Permit): void {
    if (!this.#leave(permit)) return;
    this.#limit = this.#limit < coldStart ? coldStart : this.#limit + 1;
  }

  /** It ended without saying anything about a quota. */
  ended(permit: Permit): void {
    this.#leave(permit);
  }

  /**
   * The server has refused it for a quota.
   * @param isNew it stated a limit that was not known, which from now on is what holds the others back
   */
  refused(permit: Permit, isNew: boolean, nowMs: number): void {
    this.#leave(permit);
    if (isNew) this.#refusedAtMs = nowMs;
    if (nowMs - this.#refusedAtMs < burstMs) return;
    this.#refusedAtMs = nowMs;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }

  get #confirmMs(): number {
    return this.#limit < coldStart ? scoutMs : confirmMs;
  }

  #leave(permit: Permit): boolean {
    if (permit.confirmed) return false;
    permit.confirmed = true;
    this.#count -= 1;
    // So the first of them is always one that is under way.
    while (this.#pending.first?.confirmed) this.#pending.shift();
    return true;
  }

  #settle(nowMs: number): void {
    for (let permit = this.#pending.first; permit !== undefined; permit = this.#pending.first) {
      const { sentAtMs } = permit;
      if (sentAtMs === undefined || nowMs - sentAtMs < this.#confirmMs) return;
      this.accepted(permit);
    }
  }
}
