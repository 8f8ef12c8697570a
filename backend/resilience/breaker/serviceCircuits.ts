import type { Failure } from '../failure.ts';
import type { Call, Exchange } from '../policy.ts';
import type { BreakerSettings } from './breakerOptions.ts';
import type { CircuitVerdict } from './breakerState.ts';
import { Circuit, type CircuitChange } from './circuit.ts';

/** A circuit of a service went from one mode to another. */
export interface ServiceChange extends CircuitChange {
  readonly service: string;
}

/** What the circuits of a client go by. */
export interface ServiceCircuitsOptions {
  readonly settings: BreakerSettings;
  /** What a failure says of the service. Must not throw. @default by its class: `server` and `network` count */
  readonly verdict?: ((failure: Failure) => CircuitVerdict) | undefined;
  /** Told of every change, and of the call whose request made it; none where it was made by hand. What it throws is ignored. */
  readonly onChange?: ((change: ServiceChange, call: Call | undefined) => void) | undefined;
}

/** So many services are remembered. Past that, one is forgotten whose circuit is closed and has nothing against it. */
const mostCircuits = 1_000;

/** How many are looked at to find one that may be forgotten: with all of them down, finding none must not cost every request. */
const mostLookedAt = 20;

const isIdle = ({ state, waiting }: Circuit): boolean =>
  waiting === 0 && state.mode === 'closed' && state.failures === 0;

/** The circuits of the services that a client asks, each made when it is first asked for. */
export class ServiceCircuits {
  readonly #options: ServiceCircuitsOptions;
  readonly #circuits = new Map<string, Circuit>();
  /** Nearly always the same as last time, which is found faster than looked up. */
  #last: { readonly service: string; readonly circuit: Circuit } | undefined;

  constructor(options: ServiceCircuitsOptions) {
    this.#options = options;
  }

  /** The circuits by service, the one longest known first. */
  get all(): ReadonlyMap<string, Circuit> {
    return this.#circuits;
  }

  /** The circuit that this exchange has to pass. */
  of({ target, call }: Exchange): Circuit {
    const { service } = target;
    if (this.#last?.service === service) return this.#last.circuit;
    const circuit = this.#circuits.get(service) ?? this.#begin(service, call);
    this.#last = { service, circuit };
    return circuit;
  }

  #begin(service: string, { runtime }: Call): Circuit {
    if (this.#circuits.size >= mostCircuits) this.#forgetOne();
    const { onChange: tell, ...options } = this.#options;
    const onChange = tell && ((change: CircuitChange, call: Call | undefined) => tell({ service, ...change }, call));
    const circuit = new Circuit({ ...options, runtime, onChange });
    this.#circuits.set(service, circuit);
    return circuit;
  }

  /** One that is idle; else the oldest. How a request under way ends is then told to a new circuit. */
  #forgetOne(): void {
    let looked = 0;
    let oldest: string | undefined;
    for (const [service, circuit] of this.#circuits) {
      oldest ??= service;
      looked += 1;
      if (!isIdle(circuit) && looked < mostLookedAt) continue;
      if (isIdle(circuit)) oldest = service;
      break;
    }
    if (oldest === undefined) return;
    this.#circuits.delete(oldest);
    this.#last = undefined;
  }
}
