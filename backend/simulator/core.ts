/** The parts of a simulator put together, without the way on which requests come in. */

import type { Runtime } from '../resilience/wholeRuntime.ts';
import type { Powers } from './decide.ts';
import { createCapacityKeeper } from './door.ts';
import { createLedger, type Ledger, type LedgerEntry, type LedgerWriter } from './ledger.ts';
import type { Settings } from './options.ts';
import { createQuotaKeeper } from './quotaKeeper.ts';
import { checkQuotas, type Quotas, type QuotasByModel } from './quotas.ts';
import { createQuotasInForce } from './quotasInForce.ts';
import type { Backend } from './respond.ts';
import { createScript, type ScriptStep } from './script.ts';
import { createServiceState } from './service/state.ts';
import { checkWeather, type Weather } from './weather.ts';

/** All that an exchange needs of the simulator. */
export interface Core {
  readonly runtime: Runtime;
  readonly ledger: LedgerWriter;
  readonly powers: Powers;
  readonly backend: Backend;
  readonly latencyMs: number;
  /** Milliseconds since the start or the last reset. */
  elapsedMs(): number;
  onRequest(entry: LedgerEntry): void;
}

/** What can be asked of a running simulator and changed on it, whether it listens on a port or is called as a function. */
export interface Controls {
  readonly ledger: Ledger;
  /** How many requests the script still waits for. */
  readonly scriptLeft: number;
  /** Adds steps to the end of the script. Throws SimulatorOptionError. */
  enqueue(...steps: readonly ScriptStep[]): void;
  /** Changes the weather; `undefined` makes it calm. Throws SimulatorOptionError. */
  setWeather(weather: Weather | undefined): void;
  /**
   * Changes the quotas: all of them, and from now on. What was used before still counts, and `quotaChanges` that are still to come
   * do come. Throws SimulatorOptionError.
   */
  setQuotas(quotas: Quotas | QuotasByModel): void;
  /** Forgets ledger, script, load and what was used of the quotas, and starts the clock anew; weather, quotas and what was created stay. */
  reset(): void;
}

/** A core and the hands that change it. */
export interface Assembly {
  readonly core: Core;
  readonly controls: Controls;
}

function backendOf(settings: Settings, elapsedMs: () => number): Backend {
  const { runtime, apiKeys, chunkGapMs } = settings;
  const inForce = createQuotasInForce(settings.quotas, settings.quotaChanges);
  const quotas = createQuotaKeeper(inForce, { wallClock: runtime.wallClock, elapsedMs });
  const capacity = createCapacityKeeper(settings.capacity, runtime.now);
  return { service: createServiceState(settings, runtime), door: { quotas, apiKeys, capacity }, chunkGapMs };
}

/** Puts the parts together. */
export function assemble(settings: Settings): Assembly {
  const { runtime, latencyMs, onRequest } = settings;
  const script = createScript(settings.script);
  const outages = settings.outages.filter(({ fault }) => fault !== 'refused');
  let startedMs = runtime.now();
  const elapsedMs = (): number => runtime.now() - startedMs;
  const powers = { script, outages, weather: settings.weather };
  const backend = backendOf(settings, elapsedMs);
  const core: Core = { runtime, ledger: createLedger(), powers, backend, latencyMs, elapsedMs, onRequest };
  const controls: Controls = {
    ledger: core.ledger.reading,
    get scriptLeft() {
      return script.left();
    },
    enqueue: (...steps) => script.add(steps),
    setWeather(weather) {
      checkWeather('weather', weather);
      powers.weather = weather;
    },
    setQuotas(quotas) {
      checkQuotas('quotas', quotas);
      backend.door.quotas.set(quotas);
    },
    reset() {
      core.ledger.clear();
      script.clear();
      startedMs = runtime.now();
      backend.door.quotas.reset();
      backend.door.capacity.reset();
    },
  };
  return { core, controls };
}
