/** Puts the parts together and hands out the one handle. */

import { systemRuntime } from '../resilience/runtime.ts';
import { type Core, exchange } from './exchange.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { type Listener, listen } from './listener.ts';
import { type Settings, type SimulatorOptions, settingsOf } from './options.ts';
import { createPortSchedule, type PortSchedule, scheduleOutages } from './portSchedule.ts';
import { createQuotaKeeper } from './quotas.ts';
import { createScript, type Script, type ScriptStep } from './script.ts';
import { createServiceState } from './service/state.ts';
import { checkWeather, type Weather } from './weather.ts';

/** A running simulator. */
export interface Simulator {
  /** Without a slash at its end: `httpOptions.baseUrl` of the official SDK, `GOOGLE_GEMINI_BASE_URL` of its tools. */
  readonly url: string;
  readonly port: number;
  readonly ledger: Ledger;
  /** How many connections are open now. */
  readonly openSockets: number;
  /** How many requests the script still waits for. */
  readonly scriptLeft: number;
  /** Adds steps to the end of the script. Throws SimulatorOptionError. */
  enqueue(...steps: readonly ScriptStep[]): void;
  /** Changes the weather; `undefined` makes it calm. Throws SimulatorOptionError. */
  setWeather(weather: Weather | undefined): void;
  /** Closes the port: whoever connects gets ECONNREFUSED. Requests under way go on; idle connections close. */
  pause(): Promise<void>;
  /** Reopens the same port. */
  resume(): Promise<void>;
  /** Forgets ledger, script and quotas and starts the clock anew; connections, weather and what was created stay. */
  reset(): void;
  /** Destroys all connections at once and closes the port. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Assembly {
  readonly core: Core;
  readonly script: Script;
  setWeather(weather: Weather | undefined): void;
  setClosing(): void;
  restartClock(): void;
}

function assemble(settings: Settings, closePortFor: Core['closePortFor']): Assembly {
  const { runtime, outages, apiKeys, chunkGapMs, latencyMs, onRequest } = settings;
  const script = createScript(settings.script);
  const quotas = createQuotaKeeper(settings.quotas, runtime);
  const service = createServiceState(settings, runtime);
  let { weather } = settings;
  let startedMs = runtime.now();
  let closing = false;
  const core: Core = {
    ...{ runtime, latencyMs, onRequest, closePortFor },
    ledger: createLedger(),
    powers: {
      script,
      outages: outages.filter(({ fault }) => fault !== 'refused'),
      get weather() {
        return weather;
      },
    },
    backend: { service, quotas, apiKeys, chunkGapMs },
    elapsedMs: () => runtime.now() - startedMs,
    closing: () => closing,
  };
  return {
    core,
    script,
    setWeather: next => {
      weather = next;
    },
    setClosing: () => {
      closing = true;
    },
    restartClock: () => {
      startedMs = runtime.now();
      quotas.reset();
    },
  };
}

interface Parts {
  readonly settings: Settings;
  readonly assembly: Assembly;
  readonly listener: Listener;
  readonly schedule: PortSchedule;
}

/** Real milliseconds in which clients notice that their idle connections have been closed. */
const noticeMs = 25;

/** One pause, however often it is asked for. */
function pausing(listener: Listener): Pick<Simulator, 'pause' | 'resume'> {
  let paused = false;
  return {
    async pause() {
      if (paused) return;
      paused = true;
      listener.shut();
      await systemRuntime.sleep(noticeMs);
    },
    async resume() {
      if (!paused) return;
      paused = false;
      await listener.open();
    },
  };
}

function handleOf({ settings, assembly, listener, schedule }: Parts): Simulator {
  const { core, script } = assembly;
  const close = async (): Promise<void> => {
    assembly.setClosing();
    await listener.close();
    schedule.forget();
  };
  return {
    url: `http://127.0.0.1:${listener.port}`,
    port: listener.port,
    ledger: core.ledger.reading,
    get openSockets() {
      return listener.sockets.size;
    },
    get scriptLeft() {
      return script.left();
    },
    enqueue: (...steps) => script.add(steps),
    setWeather(weather) {
      checkWeather('weather', weather);
      assembly.setWeather(weather);
    },
    ...pausing(listener),
    reset() {
      core.ledger.clear();
      script.clear();
      assembly.restartClock();
      schedule.forget();
      scheduleOutages(settings.outages, schedule);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Starts a simulator on 127.0.0.1. Throws SimulatorOptionError; rejects where the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = settingsOf(options);
  let schedule: PortSchedule | undefined;
  const assembly = assemble(settings, ms => schedule?.shutBetween(0, ms));
  const listener = await listen(settings.port, (message, response) => void exchange(assembly.core, message, response));
  schedule = createPortSchedule(settings.runtime, listener);
  scheduleOutages(settings.outages, schedule);
  return handleOf({ settings, assembly, listener, schedule });
}
