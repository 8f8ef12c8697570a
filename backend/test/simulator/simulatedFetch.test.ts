import { afterEach, describe, expect, test, vi } from 'vitest';
import { type SimulatedFetch, type SimulatorOptions, simulatedFetch } from '../../simulator/index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { ask, bodyFor } from './ask.ts';
import { HeapTime } from './heapTime.ts';
import { fourChunks, sdkWith, seenStreamed, seenWhole } from './seen.ts';

const url = 'http://gemini.test';
const path = `${url}/v1beta/models/gemini-2.5-flash:generateContent`;
const streaming = 'streamGenerateContent?alt=sse';
const json = { 'content-type': 'application/json', 'x-goog-api-key': 'any' };

interface Timed extends SimulatedFetch {
  readonly time: HeapTime;
}

function timed(options: Omit<SimulatorOptions, 'port' | 'runtime'> = {}): Timed {
  const time = new HeapTime();
  return Object.assign(simulatedFetch({ ...fourChunks, ...options, runtime: time }), { time });
}

afterEach(() => vi.restoreAllMocks());

describe('what fetch is called with', () => {
  const bytes = new TextEncoder().encode(bodyFor('hello'));
  const rows: readonly [string, string | URL | Request, RequestInit][] = [
    ['a text', path, { method: 'POST', headers: json, body: bodyFor('hello') }],
    ['a URL', new URL(path), { method: 'post', headers: Object.entries(json), body: bodyFor('hello') }],
    ['a request', new Request(path, { method: 'POST', headers: json, body: bodyFor('hello') }), {}],
    [
      'a request and its change',
      new Request(path, { method: 'POST', body: 'x' }),
      { headers: json, body: bodyFor('hello') },
    ],
    ['bytes', path, { method: 'POST', headers: new Headers(json), body: bytes }],
    ['a blob', path, { method: 'POST', headers: json, body: new Blob([bytes]) }],
    ['a stream', path, { method: 'POST', headers: json, body: new Blob([bytes]).stream(), duplex: 'half' }],
  ];
  test.each(rows)('%s', async (_name, input, init) => {
    const { fetch: send, ledger } = timed();
    const response = await send(input, init);
    expect(response).toBeInstanceOf(Response);
    expect([response.ok, await response.json()]).toMatchObject([true, { candidates: [{ finishReason: 'STOP' }] }]);
    expect(ledger.requests[0]).toMatchObject({ method: 'POST', prompt: 'hello', status: 200, completed: true });
  });

  test('a text without a content type is sent as plain text, as fetch does', async () => {
    const { fetch: send, ledger } = timed();
    await send(path, { method: 'POST', headers: { 'x-goog-api-key': 'any' }, body: bodyFor('hello') });
    expect(ledger.requests[0]).toMatchObject({ prompt: '', headers: { 'content-type': 'text/plain;charset=UTF-8' } });
  });

  test.each([
    ['follow', '200'],
    ['manual', '307'],
    ['error', 'fetch failed'],
  ] as const)('redirects: %s', async (redirect, seen) => {
    const { fetch: send } = timed({ script: ['307-to-ok'] });
    const init = { method: 'POST', headers: json, body: bodyFor('hello'), redirect };
    const what = await send(path, init).then(
      ({ status }) => String(status),
      (error: Error) => error.message,
    );
    expect(what).toBe(seen);
  });
});

describe('time', () => {
  test('latency and the gaps of a stream go by the clock of the runtime', async () => {
    const { fetch: send, ledger, time } = timed({ latencyMs: 700, chunkGapMs: 50 });
    const read = async (): Promise<readonly number[]> => {
      const response = await ask(url, 'hi', { verb: streaming, send });
      const seenAtMs = [time.now()];
      for await (const _ of response.body ?? []) seenAtMs.push(time.now());
      return seenAtMs;
    };
    expect(await time.settle(read())).toEqual([700, 700, 750, 800, 850]);
    expect(ledger.requests[0]).toMatchObject({ atMs: 0, closedAtMs: 850, completed: true, stream: true });
  });

  test('a stall without end sets no timer: a virtual clock finds nothing left', async () => {
    const runtime = new VirtualRuntime();
    const { fetch: send } = simulatedFetch({ script: ['stall-before-headers'], runtime });
    await expect(runtime.settle(ask(url, 'hi', { send }))).rejects.toThrow('Nothing is left');
    expect(runtime.now()).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test('20,000 calls in virtual time take seconds and no timer of the platform', async () => {
    const {
      fetch: send,
      ledger,
      time,
    } = timed({ latencyMs: 500, quotas: { requestsPerMinute: 10_000, window: 'rolling' } });
    const platform = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')];
    const one = async (index: number): Promise<void> => {
      await time.sleep(index * 2);
      await (await ask(url, `p${index}`, { send })).text();
    };
    const startMs = performance.now();
    await time.settle(Promise.all(Array.from({ length: 20_000 }, (_, index) => one(index))));
    expect(performance.now() - startMs).toBeLessThan(10_000);
    for (const timer of platform) expect(timer).not.toHaveBeenCalled();
    expect(ledger.countBy('status')).toEqual({ 200: 10_000, 429: 10_000 });
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  test('before the call sends nothing', async () => {
    const { fetch: send, ledger } = timed();
    await expect(ask(url, 'hi', { send, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(ledger.requests).toEqual([]);
  });

  test.each([
    ['while it waits', { latencyMs: 1_000 }],
    ['of a stall', { script: ['stall-before-headers'] }],
  ] as const)('%s rejects with its reason at once, and the ledger knows', async (_when, options) => {
    const { fetch: send, ledger, time } = timed(options);
    const leave = new AbortController();
    time.setTimer(300, () => leave.abort(reason));
    await expect(time.settle(ask(url, 'hi', { send, signal: leave.signal }))).rejects.toBe(reason);
    expect(time.now()).toBe(300);
    expect(ledger.requests[0]).toMatchObject({ closedByClient: true, completed: false, closedAtMs: 300 });
    expect(ledger.requests[0]?.status).toBeUndefined();
  });

  test.each([
    ['in the gap of a stream', { chunkGapMs: 200 }],
    ['in the stall of a stream', { script: ['stall-mid-body'] }],
  ] as const)('%s breaks the body with its reason', async (_when, options) => {
    const { fetch: send, ledger, time } = timed(options);
    const leave = new AbortController();
    time.setTimer(300, () => leave.abort(reason));
    const response = await time.settle(ask(url, 'hi', { verb: streaming, send, signal: leave.signal }));
    await expect(time.settle(response.text())).rejects.toBe(reason);
    expect(ledger.requests[0]).toMatchObject({ closedByClient: true, completed: false, status: 200 });
  });

  test('a reader that leaves closes the connection', async () => {
    const { fetch: send, ledger, time } = timed({ chunkGapMs: 200 });
    const response = await ask(url, 'hi', { verb: streaming, send });
    const leave = async (): Promise<void> => {
      for await (const _ of response.body ?? []) break;
    };
    await time.settle(leave());
    await time.settle(time.sleep(10_000));
    expect(ledger.requests[0]).toMatchObject({ closedByClient: true, completed: false, closedAtMs: 0 });
  });

  test('leaves no listener behind on a signal that lives on', async () => {
    const { fetch: send, time } = timed({ latencyMs: 10, chunkGapMs: 10 });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const read = async (verb: string): Promise<string> => (await ask(url, 'hi', { verb, send, signal })).text();
    await time.settle(Promise.all([read('generateContent'), read(streaming)]));
    expect(added.mock.calls.length).toBeGreaterThan(0);
    const gone = new Set(removed.mock.calls.map(([, listener]) => listener));
    expect(added.mock.calls.filter(([, listener]) => !gone.has(listener))).toEqual([]);
  });
});

describe('the official client over it', () => {
  test('sees answers, streams and errors as over a socket', async () => {
    const { fetch: send, enqueue } = timed();
    const sdk = sdkWith(send);
    const asked = { prompt: 'hi', patienceMs: 1_000 };
    expect(await seenWhole(sdk, asked)).toBe('STOP, whole text');
    expect(await seenStreamed(sdk, asked)).toBe('4: STOP, whole text');
    enqueue('503', 'reset-before-headers', 'reset-mid-body', 'sse-error-mid');
    expect(await seenWhole(sdk, asked)).toMatch(/^ApiError 503/);
    expect(await seenWhole(sdk, asked)).toContain('<- ECONNRESET');
    expect(await seenWhole(sdk, asked)).toMatch(/terminated.*<- ECONNRESET|ECONNRESET/);
    expect(await seenStreamed(sdk, asked)).toMatch(/^2: ApiError 503/);
  });
});

test('the handle counts the script, changes the weather, and begins anew', async () => {
  const simulator = timed();
  simulator.enqueue({ fault: '503', times: 2 }, '500');
  const status = async (): Promise<number> => (await ask(url, 'hi', { send: simulator.fetch })).status;
  expect([simulator.scriptLeft, await status(), simulator.scriptLeft]).toEqual([3, 503, 2]);
  simulator.reset();
  simulator.setWeather({ rates: { '504': 1 } });
  expect([simulator.scriptLeft, await status(), simulator.ledger.requests.length]).toEqual([0, 504, 1]);
});
