/** A simulator on a port of its own, and the one handle to it. */

import { systemRuntime } from '../resilience/wholeRuntime.ts';
import { type Assembly, assemble, type Controls } from './core.ts';
import { exchange } from './exchange.ts';
import { type Listener, listen } from './listener.ts';
import { upgrade } from './live/upgrade.ts';
import { type Settings, type SimulatorOptions, settingsOf } from './options.ts';
import { createPortSchedule, type PortSchedule, scheduleOutages } from './portSchedule.ts';

/** A running simulator. */
export interface Simulator extends Controls {
  /** Without a slash at its end: `httpOptions.baseUrl` of the official SDK, `GOOGLE_GEMINI_BASE_URL` of its tools. */
  readonly url: string;
  readonly port: number;
  /** How many connections are open now. */
  readonly openSockets: number;
  /** Closes the port: whoever connects gets ECONNREFUSED. Requests under way go on; idle connections close. */
  pause(): Promise<void>;
  /** Reopens the same port. */
  resume(): Promise<void>;
  /** Destroys all connections at once and closes the port. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Parts extends Assembly {
  readonly settings: Settings;
  readonly listener: Listener;
  readonly schedule: PortSchedule;
  setClosing(): void;
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

function handleOf({ settings, controls, listener, schedule, setClosing }: Parts): Simulator {
  const { ledger, enqueue, setWeather, setQuotas } = controls;
  const close = async (): Promise<void> => {
    setClosing();
    await listener.close();
    schedule.forget();
  };
  return {
    url: `http://127.0.0.1:${listener.port}`,
    port: listener.port,
    get openSockets() {
      return listener.sockets.size;
    },
    get scriptLeft() {
      return controls.scriptLeft;
    },
    ...{ ledger, enqueue, setWeather, setQuotas },
    ...pausing(listener),
    reset() {
      controls.reset();
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
  const assembly = assemble(settings);
  let schedule: PortSchedule | undefined;
  let closing = false;
  const port = { closeFor: (ms: number) => schedule?.shutBetween(0, ms), closing: () => closing };
  const place = { core: assembly.core, port };
  const listener = await listen(settings.port, {
    request: (message, response) => void exchange(place, message, response),
    upgrade: (message, socket, head) => void upgrade(place, { message, socket, head }),
  });
  schedule = createPortSchedule(settings.runtime, listener);
  scheduleOutages(settings.outages, schedule);
  const setClosing = (): void => {
    closing = true;
  };
  return handleOf({ ...assembly, settings, listener, schedule, setClosing });
}
