import type { Permit } from '../permit.ts';
import type { Call } from '../policy.ts';
import { Fifo } from '../waiting/fifo.ts';

/** How many may be under way unconfirmed once the very first has been let in. */
const coldStart = 8;

/** Share of the work at hand that may be refused because it was sent before a limit was found. */
const riskShare = 0.04;

/** Share of what one window has carried that may be under way unconfirmed: limits fall, too. */
const provenShare = 1 / 4;

/**
 * Those who wait have to be through long before they are late: who comes too late is lost, and who is refused is not. So this part of
 * the time that a call has is the share of them that may be under way unconfirmed. In milliseconds.
 */
const hasteMs = 6_000;

/** A refusal comes at once, an answer takes its time: what is under way for so long has been let in. In milliseconds. */
const confirmMs = 1_500;

/** Or for the time that a call has, divided by this, where that is less. */
const confirmsInTime = 30;

/** The very first is waited for by all others, so that a spent day costs one request; but not for long. In milliseconds. */
const scoutMs = 500;

/** Refusals of one burst count once. In milliseconds. */
const burstMs = 1_000;

/**
 * How many attempts may be on their way to a limit that is not known yet: one, then 8, then one more for each that is let in,
 * which doubles it with each round. A refusal can only meet those that are under way, so that their number is what a new limit
 * costs; it stays below a small share of the work at hand, and a larger one where that would be too slow for those who wait.
 */
export class Ramp {
  #limit = 1;
  readonly #pending = new Fifo<Permit>();
  #count = 0;
  #refusedAtMs = Number.NEGATIVE_INFINITY;
  /** Of the last that asked. */
  #timeMs = Number.POSITIVE_INFINITY;

  /**
   * May one more be let through now?
   * @param work how many wait, and were sent lately
   * @param proven how many one window has carried
   */
  hasRoom({ deadlineAtMs, startedAtMs }: Call, waiting: number, work: number, proven: number, nowMs: number): boolean {
    this.#timeMs = deadlineAtMs - startedAtMs;
    this.#settle(nowMs);
    const most = Math.max(coldStart, work * riskShare, (waiting * hasteMs) / this.#timeMs, proven * provenShare);
    return this.#count + 1 <= Math.min(this.#limit, most);
  }

  /** Milliseconds until the oldest under way counts as let in; Infinity where none is under way. */
  nextMs(nowMs: number): number {
    const { sentAtMs = Number.POSITIVE_INFINITY } = this.#pending.first ?? {};
    return Math.max(0, sentAtMs + this.#confirmMs - nowMs);
  }

  /** May one more be let through, whatever the work at hand and the time? */
  get isOpen(): boolean {
    return this.#count < Math.min(this.#limit, coldStart);
  }

  sent(permit: Permit): void {
    this.#pending.push(permit);
    this.#count += 1;
  }

  /** The server has let it in. */
  accepted(permit: Permit): void {
    if (this.#leave(permit)) this.#limit = Math.max(coldStart, this.#limit + 1);
  }

  /**
   * It ended without saying anything about a quota.
   * @param wasSent and so it was not refused for one: who fails otherwise, and nobody else, must not hold the others up
   */
  ended(permit: Permit, wasSent: boolean): void {
    if (this.#leave(permit) && wasSent) this.#limit += 1;
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
    return this.#limit < coldStart ? scoutMs : Math.min(confirmMs, this.#timeMs / confirmsInTime);
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
