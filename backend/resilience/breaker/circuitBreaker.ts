import { timeoutError } from '../attemptOnce.ts';
import type { Failure } from '../failure.ts';
import { checkFunction, checkIsObject, checkNumber, checkSignal } from '../optionError.ts';
import { checkRuntime, createRuntime, type Runtime } from '../wholeRuntime.ts';
import { type BreakerOptions, checkBreakerOptions, resolveBreaker } from './breakerOptions.ts';
import { type CircuitMode, type CircuitVerdict, presumedPermit } from './breakerState.ts';
import { forceOpen, reset } from './breakerSteps.ts';
import { Circuit, type CircuitChange } from './circuit.ts';
import type { WaitEnd } from './circuitLine.ts';
import { type CircuitOpenError, openError } from './circuitOpenError.ts';
import { type CircuitSnapshot, checkSnapshot, snapshotOf, stateOf } from './circuitSnapshot.ts';
import { carriedFailure, unreadVerdict } from './unreadVerdict.ts';

/** Settings of a circuit breaker that stands alone. */
export type CircuitBreakerOptions = BreakerOptions & {
  /**
   * Reads what the wrapped function threw. @default errors of this package as they were read; a status below 500, an abort and an
   * error of the program (TypeError, …) do not count, every other rejection does
   */
  readonly classify?: ((error: unknown) => Failure) | undefined;
  /** What a failure says of the service. @default by its class: `server` and `network` count */
  readonly verdict?: ((failure: Failure) => CircuitVerdict) | undefined;
  /** Told of every change. What it throws is ignored. */
  readonly onChange?: ((change: CircuitChange) => void) | undefined;
  /** Clock and timers; what is left out is the system's. */
  readonly runtime?: Partial<Runtime> | undefined;
};

/** How long one execution may wait for an open circuit. */
export interface ExecuteLimits {
  /** Ends the wait at once. What runs is not interrupted. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now. What cannot be let through by then fails at once. @default Infinity */
  readonly deadlineMs?: number | undefined;
}

const duration = { max: 31_536_000_000, infinity: true, unit: 'milliseconds' } as const;

/** Keeps requests from a service that is down, and finds out when it is back. Around a function, or driven by hand. */
export class CircuitBreaker {
  readonly #circuit: Circuit;
  readonly #runtime: Runtime;
  readonly #classify: ((error: unknown) => Failure) | undefined;

  /** @throws OptionError */
  constructor(options: CircuitBreakerOptions = {}) {
    checkIsObject('options', options);
    const { classify, verdict, onChange, runtime, ...breaker } = options;
    checkBreakerOptions('options', breaker);
    for (const [name, value] of Object.entries({ classify, verdict, onChange })) {
      if (value !== undefined) checkFunction(`options.${name}`, value);
    }
    checkRuntime('runtime', runtime);
    this.#runtime = createRuntime(runtime);
    this.#classify = classify;
    this.#circuit = new Circuit({ settings: resolveBreaker(breaker), runtime: this.#runtime, verdict, onChange });
  }

  /** The mode as a request would find it now: `half-open` as soon as probes are due. */
  get state(): CircuitMode {
    return this.#circuit.mode;
  }

  /** When a request may be let through at the earliest. Undefined while closed, and where only a reset helps. */
  get retryAt(): Date | undefined {
    const { retryAtMs } = this.#circuit;
    return this.#circuit.state.mode === 'closed' || retryAtMs === undefined ? undefined : new Date(retryAtMs);
  }

  /** What was last held against the service, where it was read. */
  get failure(): Failure | undefined {
    return this.#circuit.grievance?.failure;
  }

  /**
   * May a request be sent now? Where the circuit is half-open, yes means that a probe's place has been taken: report how the request
   * ended, or the place is lost until its lease ends. To look without asking, see `state`.
   */
  shouldAllowRequest(): boolean {
    return this.acquire() !== undefined;
  }

  /** The same, for requests that overlap: a permit to report the result under, or undefined for no. */
  acquire(): number | undefined {
    return this.#circuit.acquire();
  }

  /** A request succeeded. Without its permit it is taken for the one that began first of those under way. */
  recordSuccess(permit?: number): void {
    this.#record('success', permit);
  }

  /** A request failed. A failure whose class is neither `server` nor `network` does not count. */
  recordFailure(failure?: Failure, permit?: number): void {
    this.#record(failure === undefined ? 'server-failure' : this.#circuit.verdictOf(failure), permit, failure);
  }

  /**
   * Opens the circuit: nothing passes, and nobody waits in vain. @param durationMs until probes are let through
   * @throws OptionError
   */
  forceOpen(durationMs = Number.POSITIVE_INFINITY): void {
    checkNumber('durationMs', durationMs, { min: 1, ...duration });
    const { state, settings, grievance } = this.#circuit;
    this.#circuit.put(forceOpen(state, durationMs, this.#runtime.now(), settings), grievance);
  }

  /** Closes the circuit and forgets what was counted. What is under way no longer counts. */
  reset(): void {
    this.#circuit.put(reset(this.#circuit.state), this.#circuit.grievance);
  }

  /** The state as plain JSON, for `importState` after a restart. */
  exportState(): CircuitSnapshot {
    return snapshotOf(this.#circuit.state, this.failure, this.#runtime);
  }

  /** Goes on from an exported state. @throws OptionError where it is none */
  importState(json: unknown): void {
    const snapshot = checkSnapshot('state', json);
    const { lastPermit } = this.#circuit.state;
    const restoring = { settings: this.#circuit.settings, runtime: this.#runtime, lastPermit };
    const { failure } = snapshot;
    this.#circuit.put(stateOf(snapshot, restoring), failure === null ? undefined : { failure, error: undefined });
  }

  /**
   * Runs the work if the circuit lets it through.
   * @throws CircuitOpenError without running it, the signal's reason where the wait was aborted, what the work throws, and OptionError
   */
  async execute<T>(work: () => T | PromiseLike<T>, limits: ExecuteLimits = {}): Promise<T> {
    if (limits.signal !== undefined) checkSignal('signal', limits.signal);
    if (limits.deadlineMs !== undefined) checkNumber('deadlineMs', limits.deadlineMs, { min: 0, ...duration });
    const permit = this.#circuit.acquire() ?? (await this.#permit(limits));
    const startedMs = this.#slowCallMs === Number.POSITIVE_INFINITY ? 0 : this.#runtime.now();
    try {
      const value = await work();
      this.#succeeded(permit, startedMs);
      return value;
    } catch (error) {
      this.#failed(permit, error, limits.signal);
      throw error;
    }
  }

  get #slowCallMs(): number {
    return this.#circuit.settings.window?.slowCallMs ?? Number.POSITIVE_INFINITY;
  }

  #succeeded(permit: number, startedMs: number): void {
    const slowCallMs = this.#slowCallMs;
    const isSlow = slowCallMs !== Number.POSITIVE_INFINITY && this.#runtime.now() - startedMs >= slowCallMs;
    const grievance = isSlow ? { failure: undefined, error: timeoutError('slowCallMs', slowCallMs) } : undefined;
    this.#circuit.settle({ permit, verdict: isSlow ? 'server-failure' : 'success' }, undefined, grievance);
  }

  #failed(permit: number, error: unknown, signal: AbortSignal | undefined): void {
    const failure = this.#classify === undefined ? carriedFailure(error) : this.#classify(error);
    const read = failure === undefined ? unreadVerdict(error) : this.#circuit.verdictOf(failure);
    const verdict = signal?.aborted ? 'none' : read;
    this.#circuit.settle({ permit, verdict }, undefined, { failure, error });
  }

  #record(verdict: CircuitVerdict, permit = presumedPermit(this.#circuit.state), failure?: Failure): void {
    if (permit === undefined) return;
    this.#circuit.settle({ permit, verdict }, undefined, failure && { failure, error: undefined });
  }

  #permit({ signal, deadlineMs = Number.POSITIVE_INFINITY }: ExecuteLimits): Promise<number> {
    if (this.#circuit.settings.whenOpen === 'fail') return Promise.reject(this.#openError());
    return new Promise((resolve, reject) => {
      const ended = (how: WaitEnd): void => {
        if (typeof how === 'number') resolve(how);
        else reject(how === 'abort' ? signal?.reason : this.#openError());
      };
      this.#circuit.wait({ call: undefined, signal, deadlineAtMs: this.#runtime.now() + deadlineMs, ended });
    });
  }

  #openError(): CircuitOpenError {
    return openError(this.#circuit, this.#runtime);
  }
}
