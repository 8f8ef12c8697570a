import { emit } from '../emit.ts';
import type { Failed, Failure } from '../failure.ts';
import type { Permit } from '../permit.ts';
import { type Exchange, remainingMs } from '../policy.ts';
import type { AsyncRuntime } from '../runtime.ts';
import { SleepClock } from '../waiting/sleepClock.ts';
import { lateFor, WaitingRoom } from '../waiting/waitingRoom.ts';
import type { Hold, QuotaRules } from './quotaRules.ts';
import { QuotaScope } from './quotaScope.ts';
import type { Spent } from './spentQuota.ts';

/** How a lane is kept. */
export interface LaneOptions extends QuotaRules {
  /** How many may wait. */
  readonly maxQueue: number;
}

/** What comes of asking to be let through. */
export type Entry = Permit | Failed;

/** Did it fail? */
export const isRefused = (entry: Entry): entry is Failed => 'failure' in entry;

/** A refusal of our own where the server has not refused yet. */
function heldFailure(message: string): Failed {
  const failure: Failure = {
    errorClass: 'quota',
    reason: 'quota-unspecified',
    retryable: true,
    delivery: 'unsent',
    rule: 'quota-gate',
    evidence: 'the line of calls that wait',
    message,
    advice: 'Send less at once, or allow more time.',
  };
  return { ok: false, failure, error: new Error(message) };
}

/** There is slack where so many more would be let through at once. */
const slackInLine = 5;

const tokensOf = ({ options }: Exchange): number => options.inputTokens?.() ?? 0;

/** The line before one scope's quota: lets through what fits, holds the rest, refuses what cannot be in time. */
export class QuotaLane {
  readonly scope: QuotaScope;
  readonly #maxQueue: number;
  readonly #clock: SleepClock;
  readonly #room: WaitingRoom<Permit>;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LaneOptions, runtime: AsyncRuntime) {
    this.#maxQueue = options.maxQueue;
    this.#clock = new SleepClock(runtime);
    this.scope = new QuotaScope(options);
    this.#room = new WaitingRoom(runtime, exchange => this.#late(exchange, 0));
  }

  /** The time by which quotas go. */
  get clock(): SleepClock {
    return this.#clock;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#room.length;
  }

  /** Nobody waits, nothing is spent, and after one more there is room left. */
  hasSlack(exchange: Exchange): boolean {
    if (this.#room.length > 0 || this.#spentNow() !== undefined) return false;
    const nowMs = this.#clock.now();
    const tokens = this.scope.countsTokens ? tokensOf(exchange) : 0;
    return (
      this.scope.etaMs(slackInLine, tokens, nowMs) === 0 && this.scope.hold(exchange, tokens, 0, nowMs).waitMs <= 0
    );
  }

  /** Lets the exchange through now, refuses it, or has it wait for either. */
  enter(exchange: Exchange): Entry | Promise<Entry> {
    const { sentAtMs, waitedMs } = exchange;
    const isNew = exchange.attempt === 0 && waitedMs === 0;
    if (isNew && this.#room.length === 0 && this.scope.isOpen) return this.scope.pass(exchange, this.#clock.skippedMs);
    if (exchange.attempt > 0 && waitedMs > 0) this.#clock.slept(waitedMs, sentAtMs);
    const spent = this.#spentNow();
    if (spent !== undefined) return this.#spentFor(exchange, spent);
    // What is new has begun with its call.
    const nowMs = isNew ? exchange.call.startedAtMs + this.#clock.skippedMs : this.#clock.now();
    const tokens = this.scope.countsTokens ? tokensOf(exchange) : 0;
    if (this.#room.length === 0 || exchange.standing?.hasPlace) {
      const hold = this.scope.hold(exchange, tokens, 0, nowMs);
      if (hold.waitMs <= 0) return this.scope.admit(exchange, tokens, nowMs, this.#clock);
    }
    return this.#refusedAtOnce(exchange, tokens, nowMs) ?? this.#wait(exchange, tokens, nowMs);
  }

  /** Something has ended: looks who fits now. */
  drain(): void {
    const nowMs = this.#clock.now();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (let next = this.#room.first; next !== undefined; next = this.#room.first) {
      const { exchange } = next;
      const spent = this.#spentNow();
      const tokens = this.scope.countsTokens ? tokensOf(exchange) : 0;
      const hold = spent === undefined ? this.scope.hold(exchange, tokens, this.#room.length, nowMs) : undefined;
      if (hold !== undefined && hold.waitMs > 0) {
        this.#wakeAfter(hold);
        return;
      }
      this.#room.shift();
      const entry =
        spent === undefined ? this.scope.admit(exchange, tokens, nowMs, this.#clock) : this.#spentFor(exchange, spent);
      next.resolve(entry);
    }
  }

  /** A limit has become known: refuses those whose turn cannot come in time. */
  dropHopeless(): void {
    const nowMs = this.#clock.now();
    let position = 0;
    this.#room.refuse(exchange => {
      const tokens = this.scope.countsTokens ? tokensOf(exchange) : 0;
      const etaMs = this.scope.etaMs(position, tokens, nowMs);
      if (etaMs >= remainingMs(exchange.call)) return this.#late(exchange, etaMs);
      position += 1;
      return undefined;
    });
  }

  #spentNow(): Spent | undefined {
    const { spent } = this.scope;
    return spent.matters ? spent.at(this.#clock.wallClock()) : undefined;
  }

  #wait(exchange: Exchange, tokens: number, nowMs: number): Promise<Entry> {
    this.#tell(exchange, tokens, nowMs);
    const waiting = this.#room.wait(exchange);
    // For those who wait already the timer is set.
    if (this.#room.first?.exchange === exchange) this.drain();
    return waiting;
  }

  #refusedAtOnce(exchange: Exchange, tokens: number, nowMs: number): Failed | undefined {
    const etaMs = this.scope.etaMs(this.#room.length, tokens, nowMs);
    if (this.#room.length >= this.#maxQueue) {
      exchange.retryAtMs = this.#clock.wallClock() + etaMs;
      return this.#refuse('gate', `${this.#room.length} calls already wait for this quota (quota.maxQueue).`);
    }
    return etaMs < remainingMs(exchange.call) ? undefined : this.#late(exchange, etaMs);
  }

  #late(exchange: Exchange, etaMs: number): Failed {
    exchange.retryAtMs = this.#clock.wallClock() + etaMs;
    // No quota held it, but those before it, whom the service has not served.
    if (this.scope.isFree) return lateFor(exchange);
    return this.#refuse('deadline', 'The quota has no room for this call before its deadline.');
  }

  #spentFor(exchange: Exchange, spent: Spent): Failed {
    exchange.retryAtMs = spent.untilWallMs;
    const known = spent.failed ?? heldFailure('The requests of this day are used up (quota.requestsPerDay).');
    return { ...known, failure: { ...known.failure, refusedBy: 'gate', delivery: 'unsent' } };
  }

  #refuse(refusedBy: 'gate' | 'deadline', message: string): Failed {
    const known = this.scope.lastRefusal ?? heldFailure(message);
    return { ...known, failure: { ...known.failure, refusedBy, delivery: 'unsent' } };
  }

  #wakeAfter({ waitMs }: Hold): void {
    if (!Number.isFinite(waitMs)) return;
    this.#cancelTimer = this.#clock.wake(Math.max(1, Math.ceil(waitMs)), () => this.drain());
  }

  #tell(exchange: Exchange, tokens: number, nowMs: number): void {
    const { call, number } = exchange;
    if (call.listener === undefined) return;
    const position = this.#room.length;
    const { waitMs, because } = this.scope.hold(exchange, tokens, position, nowMs);
    const expectedMs = Math.max(this.scope.etaMs(position, tokens, nowMs), Number.isFinite(waitMs) ? waitMs : 0);
    emit(call, { type: 'gate-wait', exchange: number, because, position, expectedMs });
  }
}
