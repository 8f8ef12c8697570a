import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Controls,
  faultNames,
  type LedgerEntry,
  type SimulatedFetch,
  type Simulator,
  type Step,
  simulatedFetch,
  startSimulator,
} from '../../simulator/index.ts';
import { bodyFor, until } from './ask.ts';
import { fourChunks } from './seen.ts';
import { virtualTimeAt } from './virtualTime.ts';

const verbs = ['generateContent', 'streamGenerateContent?alt=sse', 'streamGenerateContent'];
/** For what never comes; all else has time, however busy the machine is. In milliseconds. */
const patienceMs = (fault: Step['fault']): number => (fault.startsWith('stall-') ? 150 : 20_000);

let real: Simulator;
let called: SimulatedFetch;
beforeAll(async () => {
  real = await startSimulator(fourChunks);
  called = simulatedFetch(fourChunks);
});
afterAll(() => real.close());

function described(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const { cause } = error;
  if (!(cause instanceof Error)) return `${error.name} ${error.message}`;
  const code = 'code' in cause ? String(cause.code) : 'no code';
  return `${error.constructor.name} ${error.message} <- ${cause.name} ${code} ${cause.message}`;
}

async function bodyOf(response: Response): Promise<string> {
  try {
    return `then ${await response.text()}`;
  } catch (error) {
    return `then ${described(error)}`;
  }
}

/** Everything that a caller can see of one request. */
async function seen(send: typeof fetch, url: string, verb: string, fault: Step['fault'] = 'ok'): Promise<string> {
  try {
    const response = await send(`${url}/v1beta/models/gemini-2.5-flash:${verb}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': 'any' },
      body: bodyFor('hi'),
      signal: AbortSignal.timeout(patienceMs(fault)),
    });
    const names = ['content-type', 'content-length', 'content-encoding', 'retry-after', 'location', 'server'];
    const headers = names.map(name => `${name}: ${response.headers.get(name)}`).join(', ');
    return `${response.status} ${response.statusText} {${headers}} ${await bodyOf(response)}`;
  } catch (error) {
    return described(error);
  }
}

/** A step whose waits are short, so that a table of all faults does not take long. */
function stepOf(fault: Step['fault']): Step {
  return fault === 'slow' ? { fault, chunkMs: 1 } : { fault };
}

/** Where the client leaves because of what it read, who closes first over a socket is a matter of chance. */
const leftByEither: readonly string[] = ['garbage-http', 'content-length-short', 'header-overflow', 'bad-gzip'];

async function outcome(simulator: Controls, look: () => Promise<string>, fault: Step['fault']): Promise<object> {
  simulator.reset();
  simulator.enqueue(stepOf(fault));
  const what = await look();
  await until(() => simulator.ledger.requests.every(({ closedAtMs }) => closedAtMs !== undefined));
  const entries = simulator.ledger.requests.map(({ status, fault: name, billed, closedByClient }: LedgerEntry) => ({
    ...{ status, name, billed, left: leftByEither.includes(name) ? 'either' : closedByClient },
  }));
  return { what: what.replace(/sim\d+/g, 'sim'), entries };
}

describe.each(verbs)('a call sees of %s what a socket brings', verb => {
  test.each(faultNames.filter(name => name !== 'refused'))('%s', async fault => {
    const overSocket = await outcome(real, () => seen(fetch, real.url, verb, fault), fault);
    const byCall = await outcome(called, () => seen(called.fetch, real.url, verb, fault), fault);
    expect(byCall).toEqual(overSocket);
  });
});

describe('a closed port', () => {
  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  test('refuses as the port of the machine does', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const overSocket = await seen(fetch, url, 'generateContent');
    expect(overSocket).toContain('ECONNREFUSED');
    called.reset();
    called.pause();
    expect(await seen(called.fetch, url, 'generateContent')).toBe(overSocket);
    expect(called.ledger.requests).toEqual([]);
    called.resume();
    expect(await seen(called.fetch, url, 'generateContent')).toMatch(/^200 /);
  });

  test('the fault refused resets one request and closes the port for a while', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    const { fetch: send, enqueue } = simulatedFetch({ runtime: time.runtime });
    enqueue({ fault: 'refused', lastsMs: 200 });
    const codes: string[] = [];
    for (const step of [0, 100, 100]) {
      time.advance(step);
      codes.push((await seen(send, 'http://gemini.test', 'generateContent')).replace(/.* read | connect | {.*/s, ' '));
    }
    expect(codes).toEqual([
      ' ECONNRESET',
      'TypeError fetch failed <- Error ECONNREFUSED ECONNREFUSED gemini.test:80',
      '200 OK ',
    ]);
  });

  test('an outage of the port closes it for its time', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    const outages = [{ fromMs: 1_000, toMs: 2_000, fault: 'refused' }] as const;
    const { fetch: send } = simulatedFetch({ runtime: time.runtime, outages });
    const refused: boolean[] = [];
    for (const step of [999, 1, 999, 1]) {
      time.advance(step);
      refused.push((await seen(send, 'http://127.0.0.1:80', 'generateContent')).includes('ECONNREFUSED'));
    }
    expect(refused).toEqual([false, true, true, false]);
  });
});
