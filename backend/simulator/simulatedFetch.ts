/** The simulated service as a function, without sockets: for a virtual clock, and for more calls than sockets carry. */

import { refuse } from './check.ts';
import { assemble, type Controls, type Core } from './core.ts';
import { deliverByCall } from './fetchDelivery.ts';
import { connectionRefused, tooManyRedirects, unexpectedRedirect } from './fetchErrors.ts';
import { type FetchRequest, fetchRequest, redirected } from './fetchRequest.ts';
import { type SimulatorOptions, settingsOf } from './options.ts';
import { outageAt } from './outages.ts';
import { readRequest } from './request.ts';
import { takeRequest } from './takeRequest.ts';

/** A simulator that is called. */
export interface SimulatedFetch extends Controls {
  /**
   * For whoever takes a `fetch`: every host is the simulated service. All waits go by `runtime`; a broken connection rejects, or
   * breaks the body, with what Node's fetch throws.
   */
  readonly fetch: typeof fetch;
  /** Whoever calls is refused, as where nobody listens on the port. Requests under way go on. */
  pause(): void;
  resume(): void;
}

/** As many as Node's fetch follows. */
const mostRedirects = 20;
const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

interface Port {
  isOpen(): boolean;
  closeFor(ms: number): void;
}

async function sendOnce(core: Core, port: Port, { raw, url, signal }: FetchRequest): Promise<Response> {
  signal?.throwIfAborted();
  if (!port.isOpen()) throw connectionRefused(url);
  const taken = takeRequest(core, readRequest(raw));
  try {
    return await deliverByCall({ core, taken, signal });
  } finally {
    if (taken.closesPortForMs !== undefined) port.closeFor(taken.closesPortForMs);
  }
}

async function send(core: Core, port: Port, first: FetchRequest): Promise<Response> {
  let request = first;
  for (let hops = 0; ; hops += 1) {
    const response = await sendOnce(core, port, request);
    const location = response.headers.get('location');
    if (location === null || !redirecting.has(response.status) || request.redirect === 'manual') return response;
    if (request.redirect === 'error') throw unexpectedRedirect();
    if (hops === mostRedirects) throw tooManyRedirects();
    request = redirected(request, response.status, location);
  }
}

function portOf(
  core: Core,
  outages: Required<SimulatorOptions>['outages'],
): Port & Pick<SimulatedFetch, 'pause' | 'resume'> & { reset(): void } {
  const closing = outages.filter(({ fault }) => fault === 'refused');
  let paused = false;
  let closedUntilMs = 0;
  return {
    isOpen() {
      const atMs = core.elapsedMs();
      return !paused && atMs >= closedUntilMs && outageAt(closing, atMs) === undefined;
    },
    closeFor(ms) {
      closedUntilMs = Math.max(closedUntilMs, core.elapsedMs() + ms);
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    reset() {
      closedUntilMs = 0;
    },
  };
}

/** The simulated service with these options. Throws SimulatorOptionError. */
export function simulatedFetch(options: Omit<SimulatorOptions, 'port'> = {}): SimulatedFetch {
  if ('port' in options) refuse('port', options.port, 'no port, because there is no socket');
  const settings = settingsOf(options);
  const { core, controls } = assemble(settings);
  const port = portOf(core, settings.outages);
  const { ledger, enqueue, setWeather, setQuotas } = controls;
  const { pause, resume } = port;
  return {
    fetch: async (input, init) => send(core, port, await fetchRequest(input, init)),
    get scriptLeft() {
      return controls.scriptLeft;
    },
    ...{ ledger, enqueue, setWeather, setQuotas, pause, resume },
    reset() {
      controls.reset();
      port.reset();
    },
  };
}
