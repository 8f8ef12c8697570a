import type { Failed, Failure } from './failure.ts';
import { type Call, type Exchange, emit } from './policy.ts';
import type { QuotaRules } from './quotaRules.ts';
import { type Hold, QuotaScope } from './quotaScope.ts';
import type { Permit } from './ramp.ts';
import type { Runtime } from './runtime.ts';
import { type Waiting, WaitingLine } from './waitingLine.ts';

/** How a lane is kept. */
export interface LaneOptions extends QuotaRules {
  /** How many may wait. */
  readonly maxQueue: number;
}

/** What comes of asking to be let through. */
export type Entry = Permit | Failed;

/** Did it fail? */
export const isRefused = (entry: Entry): entry is Failed => 'failure' in entry;

interface Waiter extends Waiting {
  readonly exchange: Exchange;
  readonly tokens: number;
  readonly sinceMs: number;
  readonly resolve: (entry: Entry) => void;
  readonly onAbort: (() => void) | undefined;
}

/** Deadlines of those who wait are looked at together, this often, in milliseconds. */
const deadlineGrainMs = 250;

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

/** The line before one scope's quota: lets through what fits, holds the rest, refuses what cannot be in time. */
export class QuotaLane {
  readonly scope: QuotaScope;
  readonly #options: LaneOptions;
  readonly #runtime: Runtime;
  readonly #line = new WaitingLine<Waiter>();
  #cancelTimer: (() => void) | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #nextDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(options: LaneOptions, runtime: Runtime) {
    this.#options = options;
    this.#runtime = runtime;
    this.scope = new QuotaScope(options);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Lets the exchange through now, refuses it, or has it wait for either. */
  enter(exchange: Exchange): Entry | Promise<Entry> {
    const nowMs = this.#runtime.now();
    const spent = this.scope.spent(this.#runtime.wallClock());
    if (spent !== undefined) return this.#spentFor(exchange, spent);
    const tokens = this.scope.countsTokens ? (exchange.options.inputTokens?.() ?? 0) : 0;
    if (this.#line.length === 0) {
      const hold = this.scope.hold(tokens, 0, nowMs);
      if (hold.waitMs <= 0) return this.scope.admit(exchange, tokens, nowMs, this.#runtime.wallClock());
    }
    return this.#refusedAtOnce(exchange, tokens, nowMs) ?? this.#wait(exchange, tokens, nowMs);
  }

  /** Something has ended: looks who fits now. */
  drain(): void {
    const nowMs = this.#runtime.now();
    this.#dropLate(nowMs);
    let hold: Hold | undefined;
    for (let next = this.#line.first; next !== undefined; next = this.#line.first) {
      const spent = this.scope.spent(this.#runtime.wallClock());
      if (spent === undefined) {
        hold = this.scope.hold(next.tokens, this.#line.length, nowMs);
        if (hold.waitMs > 0) break;
      }
      this.#line.shift();
      this.#serve(next, spent, nowMs);
      hold = undefined;
    }
    this.#wakeAt(nowMs, hold);
  }

  #serve(waiter: Waiter, spent: ReturnType<QuotaScope['spent']>, nowMs: number): void {
    const { exchange, tokens, sinceMs } = waiter;
    exchange.waitedMs += Math.round(nowMs - sinceMs);
    this.#leave(waiter);
    waiter.resolve(
      spent === undefined
        ? this.scope.admit(exchange, tokens, nowMs, this.#runtime.wallClock())
        : this.#spentFor(exchange, spent),
    );
  }

  #wait(exchange: Exchange, tokens: number, nowMs: number): Promise<Entry> {
    const { call } = exchange;
    this.#tell(exchange, tokens, nowMs);
    const waiting = new Promise<Entry>(resolve => {
      const waiter: Waiter = {
        priority: call.priority,
        isRetry: exchange.attempt > 0,
        gone: false,
        ...{ exchange, tokens, sinceMs: nowMs, resolve },
        onAbort: call.signal && (() => this.#abort(waiter)),
      };
      this.#line.push(waiter);
      if (waiter.onAbort) call.signal?.addEventListener('abort', waiter.onAbort);
    });
    this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, call.deadlineAtMs);
    // The timer is known to be set for those who waited before.
    if (this.#line.length === 1 || call.deadlineAtMs < this.#timerAtMs) this.drain();
    return waiting;
  }

  #refusedAtOnce(exchange: Exchange, tokens: number, nowMs: number): Failed | undefined {
    if (this.#line.length >= this.#options.maxQueue) {
      return this.#refuse(exchange, 'gate', `${this.#line.length} calls already wait for this quota (maxQueue).`);
    }
    const etaMs = this.scope.etaMs(this.#line.length, tokens, nowMs);
    return nowMs + etaMs < exchange.call.deadlineAtMs ? undefined : this.#late(exchange, etaMs);
  }

  #late(exchange: Exchange, etaMs: number): Failed {
    exchange.retryAtMs = this.#runtime.wallClock() + etaMs;
    return this.#refuse(exchange, 'deadline', 'The quota has no room for this call before its deadline.');
  }

  #spentFor(exchange: Exchange, spent: NonNullable<ReturnType<QuotaScope['spent']>>): Failed {
    exchange.retryAtMs = spent.untilWallMs;
    const known = spent.failed ?? heldFailure('The requests of this day are used up (quota.requestsPerDay).');
    return { ...known, failure: { ...known.failure, refusedBy: 'gate', delivery: 'unsent' } };
  }

  #refuse(exchange: Exchange, refusedBy: 'gate' | 'deadline', message: string): Failed {
    exchange.retryAtMs ??= this.#runtime.wallClock() + this.scope.etaMs(this.#line.length, 0, this.#runtime.now());
    const known = this.scope.lastRefusal ?? heldFailure(message);
    return { ...known, failure: { ...known.failure, refusedBy, delivery: 'unsent' } };
  }

  #abort(waiter: Waiter): void {
    this.#line.leave(waiter);
    this.#leave(waiter);
    const { call, options } = waiter.exchange;
    const failure = options.classify(new DOMException('The caller aborted.', 'AbortError'));
    waiter.resolve({ ok: false, failure, error: call.signal?.reason });
  }

  #leave({ exchange, onAbort }: Waiter): void {
    if (onAbort) exchange.call.signal?.removeEventListener('abort', onAbort);
  }

  /** Refuses those whose deadline is here. */
  #dropLate(nowMs: number): void {
    if (nowMs < this.#nextDeadlineMs) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const waiter of this.#line) {
      const { deadlineAtMs } = waiter.exchange.call;
      if (deadlineAtMs > nowMs + deadlineGrainMs) nextMs = Math.min(nextMs, deadlineAtMs);
      else {
        this.#line.leave(waiter);
        this.#leave(waiter);
        waiter.resolve(this.#late(waiter.exchange, this.scope.etaMs(0, waiter.tokens, nowMs)));
      }
    }
    this.#nextDeadlineMs = nextMs;
  }

  #wakeAt(nowMs: number, hold: Hold | undefined): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    if (hold === undefined) return;
    const atMs = Math.min(nowMs + Math.max(1, Math.ceil(hold.waitMs)), this.#nextDeadlineMs);
    if (!Number.isFinite(atMs)) return;
    this.#timerAtMs = atMs;
    this.#cancelTimer = this.#runtime.setTimer(Math.max(0, atMs - nowMs), () => this.drain());
  }

  #tell({ call, number }: { readonly call: Call; readonly number: number }, tokens: number, nowMs: number): void {
    if (call.listener === undefined) return;
    const position = this.#line.length;
    const hold = this.scope.hold(tokens, position, nowMs);
    const stated = Number.isFinite(hold.waitMs) ? hold.waitMs : 0;
    const expectedMs = Math.max(this.scope.etaMs(position, tokens, nowMs), stated);
    emit(call, { type: 'gate-wait', exchange: number, because: hold.because, position, expectedMs });
  }
}
