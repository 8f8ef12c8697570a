import type { Failure } from '../failure.ts';
import type { Call } from '../policy.ts';
import type { AsyncRuntime } from '../runtime.ts';
import { Alarm } from '../waiting/alarm.ts';
import type { BreakerSettings } from './breakerOptions.ts';
import {
  type BreakerState,
  type CircuitCause,
  type CircuitMode,
  type CircuitVerdict,
  changesAt,
  comesBackAt,
  isFailure,
  modeAt,
  opensAt,
  startState,
  verdictOf,
} from './breakerState.ts';
import { admit, type Result, served, settle } from './breakerSteps.ts';
import { CircuitLine, type Waiter } from './circuitLine.ts';

/** A circuit went from one mode to another. */
export interface CircuitChange {
  readonly from: CircuitMode;
  readonly to: CircuitMode;
  readonly because: CircuitCause;
}

/** What a circuit is made of. */
export interface CircuitOptions {
  readonly settings: BreakerSettings;
  readonly runtime: AsyncRuntime;
  /** What a failure says of the service. @default by its class: `server` and `network` count */
  readonly verdict?: ((failure: Failure) => CircuitVerdict) | undefined;
  /** Told of every change, and for whom the request was that made it. What it throws is ignored. */
  readonly onChange?: ((change: CircuitChange, call: Call | undefined) => void) | undefined;
}

/** What was last held against the service. `failure` is absent where nobody read the error. */
export interface Grievance {
  readonly failure: Failure | undefined;
  readonly error: unknown;
}

/**
 * Successes are written into the window by so many at once, because a look at the clock for each is what they would cost most. So
 * a failure may find up to this number less one that are older than the window.
 */
const servedTogether = 8;

/** One circuit: its state, the steps that change it, and those who wait for it. */
export class Circuit {
  readonly settings: BreakerSettings;
  readonly verdictOf: (failure: Failure) => CircuitVerdict;
  readonly #runtime: AsyncRuntime;
  readonly #onChange: CircuitOptions['onChange'];
  readonly #line: CircuitLine;
  readonly #alarm: Alarm;
  #state: BreakerState = startState;
  /** Successes that are not in the state yet. */
  #served = 0;
  #grievance: Grievance | undefined;

  constructor({ settings, runtime, verdict = verdictOf, onChange }: CircuitOptions) {
    this.settings = settings;
    this.verdictOf = verdict;
    this.#runtime = runtime;
    this.#onChange = onChange;
    this.#alarm = new Alarm(runtime, () => this.#wake());
    this.#line = new CircuitLine(() => this.#alarm.clear());
  }

  get state(): BreakerState {
    this.#count(this.#runtime.now());
    return this.#state;
  }

  /** The mode as a request would find it now. */
  get mode(): CircuitMode {
    return this.#state.mode === 'open' ? modeAt(this.#state, this.#runtime.now()) : this.#state.mode;
  }

  get grievance(): Grievance | undefined {
    return this.#grievance;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /** When it makes sense to ask again, on the wall clock in milliseconds. Undefined: not before somebody resets it. */
  get retryAtMs(): number | undefined {
    const nowMs = this.#runtime.now();
    const atMs = comesBackAt(this.#state, nowMs, this.settings.halfOpenProbes);
    return Number.isFinite(atMs) ? Math.ceil(this.#runtime.wallClock() + atMs - nowMs) : undefined;
  }

  /** A permit, if a request may be sent now. Each is to be settled once; one that never is gives its place back by its lease. */
  acquire(call?: Call): number | undefined {
    if (this.#state.mode === 'closed') return this.#state.lastPermit;
    const nowMs = this.#runtime.now();
    // Who has waited goes first.
    if (this.#line.size > 0) this.#serve(nowMs);
    return this.#admit(nowMs, call);
  }

  /** A request was served: where nothing was wrong, which is nearly always, that is only counted. */
  serve(permit: number, call: Call): void {
    const state = this.#state;
    if (state.mode !== 'closed' || state.failures > 0) this.settle({ permit, verdict: 'success' }, call);
    else if (permit === state.lastPermit && this.settings.window !== undefined) {
      this.#served += 1;
      if (this.#served >= servedTogether) this.#count(this.#runtime.now());
    }
  }

  /** A request has ended. `grievance`: what to hold against the service, where the verdict is a failure. */
  settle(result: Result, call?: Call, grievance?: Grievance): void {
    const nowMs = this.#runtime.now();
    this.#count(nowMs);
    const { verdict } = result;
    const next = settle(this.#state, result, nowMs, this.settings);
    if (next === this.#state) return;
    if (grievance !== undefined && isFailure(verdict)) this.#grievance = grievance;
    this.#moveOn(next, nowMs, call);
  }

  /** Lets the waiter wait for its turn. One that cannot be served in time is told so at once. */
  wait(waiter: Waiter): void {
    const nowMs = this.#runtime.now();
    if (waiter.signal?.aborted) waiter.ended('abort');
    else if (waiter.deadlineAtMs <= opensAt(this.#state, nowMs)) waiter.ended('too-late');
    else {
      this.#line.add(waiter);
      this.#serve(nowMs);
    }
  }

  /** Puts another state in this one's place: by hand, or of another process. */
  put(state: BreakerState, grievance: Grievance | undefined): void {
    this.#grievance = grievance;
    this.#moveOn(state, this.#runtime.now());
  }

  #admit(nowMs: number, call: Call | undefined): number | undefined {
    const { state, permit } = admit(this.#state, nowMs, this.settings);
    this.#become(state, call);
    return permit;
  }

  #moveOn(next: BreakerState, nowMs: number, call?: Call): void {
    this.#become(next, call);
    if (this.#line.size > 0) this.#serve(nowMs);
  }

  /** Writes down what was served. */
  #count(nowMs: number): void {
    if (this.#served === 0) return;
    this.#state = served(this.#state, this.#served, nowMs, this.settings);
    this.#served = 0;
  }

  #become(next: BreakerState, call: Call | undefined): void {
    const { mode: from } = this.#state;
    this.#state = next;
    this.#served = 0;
    const { mode: to, because } = next;
    if (from === to || this.#onChange === undefined) return;
    try {
      this.#onChange({ from, to, because }, call);
    } catch {
      // What a listener throws must not cost the caller an answer.
    }
  }

  /** Ends what waits in vain, sends whom the circuit lets through, and sets the timer for the rest. */
  #serve(nowMs: number): void {
    this.#line.expire(opensAt(this.#state, nowMs), nowMs);
    this.#line.serve(call => this.#admit(nowMs, call));
    if (this.#line.size > 0) this.#alarm.set(changesAt(this.#state, this.#line.sweepAtMs), nowMs);
  }

  #wake(): void {
    if (this.#line.size > 0) this.#serve(this.#runtime.now());
  }
}
