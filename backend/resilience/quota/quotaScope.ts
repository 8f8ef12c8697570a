import type { Failed, Failure } from '../failure.ts';
import { Permit } from '../permit.ts';
import type { Exchange } from '../policy.ts';
import type { QuotaReport } from '../quotaReport.ts';
import type { SleepClock } from '../waiting/sleepClock.ts';
import { type Hold, type QuotaRules, unitOf, windowLengthsMs } from './quotaRules.ts';
import { Ramp } from './ramp.ts';
import { SendLog } from './sendLog.ts';
import { SendRate } from './sendRate.ts';
import { SpentQuota } from './spentQuota.ts';
import { UnstatedQuota } from './unstatedQuota.ts';
import { WindowLimits } from './windowLimits.ts';

const free: Hold = { waitMs: 0, because: 'ramp' };

const minuteMs = 60_000;

/** While nothing holds anybody back, what is too old is looked for after so many. */
const forgetEvery = 16;

/** A stated wait shorter than this says nothing about a window. In milliseconds. */
const shortestWindowWaitMs = 1_000;

/** All that is known of one scope's quota: what was sent, what fits, what the server said. */
export class QuotaScope {
  /** What is spent for longer than a call waits. */
  readonly spent: SpentQuota;
  /** Does it matter how many tokens a request has? */
  countsTokens = false;
  /** How many it has let in. */
  letIn = 0;
  /** The last refusal that the server sent. */
  lastRefusal: Failed | undefined;
  /** Was nothing given, and has the server never refused? */
  isFree: boolean;
  readonly #rules: QuotaRules;
  readonly #log = new SendLog();
  readonly #limits: WindowLimits;
  readonly #ramp = new Ramp();
  readonly #rate = new SendRate();
  readonly #unstated = new UnstatedQuota();
  #blockedUntilMs = Number.NEGATIVE_INFINITY;
  #evenAtMs = Number.NEGATIVE_INFINITY;
  #proven = 0;

  constructor(rules: QuotaRules) {
    this.#rules = rules;
    this.spent = new SpentQuota(rules);
    this.#limits = new WindowLimits(this.#log, rules.given, rules.strict);
    const { requestsPerMinute, inputTokensPerMinute } = rules.given;
    this.isFree = !(requestsPerMinute || inputTokensPerMinute || this.spent.counts || rules.evenly);
    this.countsTokens = this.#limits.countTokens;
  }

  /** What keeps the exchange back, while so many wait. */
  hold(exchange: Exchange, tokens: number, waiting: number, nowMs: number): Hold {
    const heldUntilMs = Math.max(this.#blockedUntilMs, this.#evenAtMs);
    const limitMs = Math.max(heldUntilMs - nowMs, this.#limits.waitMs(tokens, nowMs), this.#unstated.waitMs(nowMs));
    if (limitMs > 0) return { waitMs: limitMs, because: 'quota' };
    const rateMs = this.#rate.waitMs(nowMs);
    if (rateMs > 0) return { waitMs: rateMs, because: 'rate' };
    if (this.#asksAgain(exchange)) return free;
    const sent = this.#log.next - this.#log.first;
    if (this.#ramp.hasRoom(exchange.call, waiting, waiting + sent, this.#proven, nowMs)) return free;
    return { waitMs: this.#ramp.nextMs(nowMs), because: 'ramp' };
  }

  /** Is there nothing that could hold back one that has just begun? Nearly always; then `pass` is all that it costs. */
  get isOpen(): boolean {
    return this.isFree && this.#ramp.isOpen;
  }

  /** Lets one through that has just begun, where the scope is open. */
  pass(exchange: Exchange, skippedMs: number): Permit {
    const nowMs = exchange.call.startedAtMs + skippedMs;
    const number = this.#log.add(nowMs, 0);
    if (number % forgetEvery === 0) this.#forget(nowMs);
    const permit = new Permit(exchange, number, 0, false, skippedMs);
    this.#ramp.sent(permit);
    return permit;
  }

  /** When the `position`th of those who wait has its turn at the earliest, in milliseconds from now. */
  etaMs(position: number, tokens: number, nowMs: number): number {
    return Math.max(0, this.#blockedUntilMs - nowMs, this.#limits.etaMs(position, tokens, nowMs));
  }

  /** Lets one through, and reserves what it will use in every dimension. */
  admit(exchange: Exchange, tokens: number, nowMs: number, clock: SleepClock): Permit {
    this.#forget(nowMs);
    const number = this.#log.add(nowMs, tokens);
    this.#limits.count(number);
    this.#unstated.sent(number);
    if (this.spent.counts) this.spent.count(clock.wallClock());
    this.#rate.sent(nowMs);
    if (this.#rules.evenly) this.#evenAtMs = nowMs + this.#limits.gapMs;
    const permit = new Permit(exchange, number, tokens, this.#limits.isBeyond, clock.skippedMs);
    if (this.#asksAgain(exchange)) permit.confirmed = true;
    else this.#ramp.sent(permit);
    return permit;
  }

  /** It succeeded, and used so many tokens, where the server said so. */
  accepted(permit: Permit, usedTokens: number | undefined): void {
    this.#correct(permit, usedTokens ?? permit.tokens);
    this.#ramp.accepted(permit);
    this.#unstated.ended(permit.number, true);
    this.#rate.accepted(this.#log.timeOf(permit.number));
    this.letIn += 1;
    if (permit.isProbe) this.#limits.accepted();
  }

  /** What the server said of its quotas with an answer. */
  reported(reports: readonly QuotaReport[], tokens: number, nowMs: number): void {
    this.isFree = false;
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, nowMs + this.#limits.reported(reports, tokens));
  }

  /** Its answer has come to its end, and only now said what it used. */
  used = (permit: Permit, tokens: number): void => this.#correct(permit, tokens);

  /** It failed, but not for a quota. Was it sent at all, and was it counted all the same? */
  ended(permit: Permit, wasSent: boolean, wasCounted: boolean): void {
    this.#ramp.ended(permit, wasSent);
    this.#unstated.ended(permit.number, false);
    if (wasCounted) this.#correct(permit, permit.tokens);
    else {
      this.#takeBack(permit.number);
      this.spent.uncount();
    }
  }

  /**
   * The server refused it for a quota. It stays counted: some servers count what they refuse.
   * @returns whether a limit is known now that was not before
   */
  refused(permit: Permit, failed: Failed, nowMs: number, wallMs: number): boolean {
    this.isFree = false;
    this.lastRefusal = failed;
    this.#correct(permit, permit.tokens);
    const { failure } = failed;
    this.spent.learn(failed, wallMs);
    const retryAtMs = failure.retryAfterMs === undefined ? undefined : nowMs + failure.retryAfterMs;
    if (retryAtMs !== undefined && failure.retryable) this.#blockedUntilMs = Math.max(this.#blockedUntilMs, retryAtMs);
    const known = this.#limits.known;
    const isKnown = this.#learn(failure, permit.number, retryAtMs, nowMs);
    const isNew = this.#limits.known !== known;
    const isSilent = !isKnown && failure.retryable && (failure.retryAfterMs ?? 0) < shortestWindowWaitMs;
    if (isSilent && !this.#rate.refused(nowMs)) this.#ramp.ended(permit, false);
    else this.#ramp.refused(permit, isNew, nowMs);
    if (!isKnown && !isSilent && failure.retryable && retryAtMs !== undefined)
      this.#unstated.refused(permit.number, retryAtMs, Math.max(1, this.#log.next - this.#log.first - 1));
    return isNew;
  }

  /** Where nobody was ever refused, who asks again takes no new risk; and who has a place may be waited for further in. */
  #asksAgain({ standing, attempt }: Exchange): boolean | undefined {
    return (this.isFree && attempt > 0) || standing?.hasPlace;
  }

  #learn({ quota = [] }: Failure, number: number, retryAtMs: number | undefined, nowMs: number): boolean {
    let isKnown = false;
    for (const violation of quota) {
      const windowMs = violation.window && windowLengthsMs[violation.window];
      if (windowMs === undefined || violation.limit === undefined || violation.limit <= 0) continue;
      const limit = this.#limits.of(unitOf(violation), windowMs, violation.limit);
      // It came too early by a little: counted for good, it would cost a slot that is there.
      if (limit.refused(violation.limit, retryAtMs, nowMs)) this.#takeBack(number);
      this.#proven = Math.min(this.#proven, violation.limit);
      this.countsTokens = this.#limits.countTokens;
      isKnown = true;
    }
    return isKnown;
  }

  #takeBack(number: number): void {
    this.#limits.refund(number);
    this.#log.set(number, this.#log.timeOf(number), Number.NaN);
  }

  /** Puts in what is known after the fact: when it was really sent, and its tokens. */
  #correct(permit: Permit, tokens: number): void {
    const { number, sentAtMs, tokens: before } = permit;
    this.#log.set(number, sentAtMs ?? this.#log.timeOf(number), tokens);
    if (tokens === before) return;
    this.#limits.correct(number, tokens - before);
    permit.tokens = tokens;
  }

  #forget(nowMs: number): void {
    const oldest = this.#limits.tail;
    for (let number = this.#log.first; number < oldest; number += 1) {
      if (this.#log.timeOf(number) + minuteMs > nowMs) return;
      // A whole minute has carried so many.
      this.#proven = Math.max(this.#proven, this.#log.next - number);
      this.#log.forgetBefore(number + 1);
    }
  }
}
