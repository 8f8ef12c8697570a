import { timeoutError } from '../attemptOnce.ts';
import type { Failed, Failure, Outcome, Refuser } from '../failure.ts';
import { guarded } from '../guard.ts';
import { type Call, type Exchange, type Policy, signalOf } from '../policy.ts';
import type { Standing } from '../standing.ts';
import { abortedWhileWaiting } from '../waiting/waitingRoom.ts';
import { type BreakerSettings, clientBreakerDefaults } from './breakerOptions.ts';
import type { Circuit, Grievance } from './circuit.ts';
import type { WaitEnd, Waiter } from './circuitLine.ts';
import { openError } from './circuitOpenError.ts';
import { ServiceCircuits, type ServiceCircuitsOptions } from './serviceCircuits.ts';

/** What a breaker in a pipeline goes by. */
export interface BreakerPolicyOptions extends Partial<ServiceCircuitsOptions> {
  /** What this exchange does while the circuit is open. Must not throw. @default as the settings say */
  readonly whenOpen?: ((exchange: Exchange) => BreakerSettings['whenOpen']) | undefined;
  /** Whether an open circuit lets through where the service is seen to serve some of what it is asked. @default false */
  readonly yields?: boolean | undefined;
  /** Circuits to go by that somebody else knows as well. @default circuits of its own, by the other options */
  readonly circuits?: ServiceCircuits | undefined;
}

/** What an exchange is refused with where nothing was read that is held against the service: it was opened by hand. */
const unavailable: Failure = Object.freeze({
  errorClass: 'server',
  reason: 'unavailable',
  retryable: true,
  delivery: 'unsent',
  rule: 'circuit-open',
  evidence: 'circuit',
  message: 'The circuit of this service is open.',
  advice: 'Wait until it is closed, or close it.',
});

/** Class and reason stay those of what opened the circuit; a wait that was stated then is over by now, or counts from then. */
function refused(circuit: Circuit, exchange: Exchange, refusedBy: Refuser): Failed {
  const { retryAtMs, grievance } = circuit;
  if (retryAtMs !== undefined) exchange.retryAtMs = retryAtMs;
  const { retryAfterMs: _stated, ...failure } = grievance?.failure ?? unavailable;
  const error = grievance?.error ?? openError(circuit, exchange.call.runtime);
  return { ok: false, failure: { ...failure, delivery: 'unsent', refusedBy }, error };
}

/** From when on a success is too slow; undefined where nobody wants to know. In milliseconds. */
function slowFromMs({ settings }: Circuit): number | undefined {
  const slowCallMs = settings.window?.slowCallMs;
  return slowCallMs === Number.POSITIVE_INFINITY ? undefined : slowCallMs;
}

/** A success that took too long, as a failure. */
function slowness(circuit: Circuit, { call, options, sentAtMs }: Exchange): Grievance | undefined {
  const slowCallMs = slowFromMs(circuit);
  if (slowCallMs === undefined) return undefined;
  // Not slow either where nobody said when it was sent: NaN is above nothing.
  if (!(call.runtime.now() - sentAtMs >= slowCallMs)) return undefined;
  const error = timeoutError('slowCallMs', slowCallMs);
  return { failure: options.classify(error), error };
}

/** What the circuit learns from how an attempt ended; from one whose answer still comes, once that has ended. */
function learn(circuit: Circuit, permit: number, exchange: Exchange, outcome: Outcome<unknown>): void {
  const { call, ending } = exchange;
  if (outcome.ok && ending === undefined && slowFromMs(circuit) === undefined) {
    circuit.serve(permit, call);
    return;
  }
  const slow = outcome.ok ? slowness(circuit, exchange) : undefined;
  const end = (failure: Failure | undefined, error?: unknown): void => {
    if (failure !== undefined)
      circuit.settle({ permit, verdict: circuit.verdictOf(failure) }, call, { failure, error });
    else if (slow !== undefined) circuit.settle({ permit, verdict: 'server-failure' }, call, slow);
    else circuit.serve(permit, call);
  };
  if (!outcome.ok) end(outcome.failure, outcome.error);
  else if (ending === undefined) end(undefined);
  else ending.then(end);
}

/** An exchange that waits: all that waiting costs. */
class Held implements Waiter {
  readonly #circuit: Circuit;
  readonly #exchange: Exchange;
  readonly #standing: Standing;
  readonly #resolve: (refused: Failed | undefined) => void;
  readonly #sinceMs: number;

  constructor(
    circuit: Circuit,
    exchange: Exchange,
    standing: Standing,
    resolve: (refused: Failed | undefined) => void,
  ) {
    this.#circuit = circuit;
    this.#exchange = exchange;
    this.#standing = standing;
    this.#resolve = resolve;
    this.#sinceMs = exchange.call.runtime.now();
  }

  get call(): Call {
    return this.#exchange.call;
  }

  get signal(): AbortSignal | undefined {
    return signalOf(this.#exchange);
  }

  get deadlineAtMs(): number {
    return this.#exchange.call.deadlineAtMs;
  }

  ended(how: WaitEnd): void {
    const exchange = this.#exchange;
    exchange.waitedMs += Math.round(exchange.call.runtime.now() - this.#sinceMs);
    if (how === 'abort') this.#resolve(abortedWhileWaiting(exchange));
    else if (typeof how === 'number') {
      this.#standing.circuitPermit = how;
      this.#resolve(undefined);
    }
    // Without a time to come back at, no deadline would be long enough.
    else
      this.#resolve(refused(this.#circuit, exchange, this.#circuit.retryAtMs === undefined ? 'breaker' : 'deadline'));
  }
}

/**
 * Keeps exchanges from a service that is down: they end at once with the failure that opened its circuit, or wait until they are
 * let through, which uses up no retry. The circuits are the policy's own, shared by every pipeline it is part of.
 */
export function breakerPolicy(options: BreakerPolicyOptions = {}): Policy {
  const { settings = clientBreakerDefaults, whenOpen = () => settings.whenOpen, yields = false } = options;
  const { circuits = new ServiceCircuits({ ...options, settings }) } = options;
  return guarded({
    enter: (exchange, standing) => {
      if (exchange.target.service === '') return undefined;
      const circuit = circuits.of(exchange);
      const permit = circuit.acquire(exchange.call);
      if (permit !== undefined) {
        standing.circuitPermit = permit;
        return undefined;
      }
      // Weather: what is let through is served in part, and what is held is not.
      if (yields && standing.health?.serves(exchange.call.runtime)) return undefined;
      if (whenOpen(exchange) !== 'wait') return refused(circuit, exchange, 'breaker');
      return new Promise(resolve => circuit.wait(new Held(circuit, exchange, standing, resolve)));
    },
    leave: (exchange, standing, outcome) => {
      const permit = standing.circuitPermit;
      if (permit === undefined) return;
      standing.circuitPermit = undefined;
      learn(circuits.of(exchange), permit, exchange, outcome);
    },
  });
}
