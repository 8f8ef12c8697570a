import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LedgerEntry, type ScriptStep, type Simulator, startSimulator, type Work } from '../../simulator/index.ts';
import { ask, statusOf, until } from './ask.ts';
import { fourChunks, sdkOn, seenStreamed } from './seen.ts';
import { virtualTimeAt } from './virtualTime.ts';

let simulator: Simulator;
const ended: LedgerEntry[] = [];
beforeAll(async () => {
  simulator = await startSimulator({ ...fourChunks, onRequest: entry => ended.push(entry) });
});
beforeEach(() => {
  simulator.reset();
  ended.length = 0;
});
afterAll(() => simulator.close());

async function attempt(prompt: string, verb?: string): Promise<void> {
  await ask(simulator.url, prompt, verb === undefined ? {} : { verb })
    .then(
      response => response.arrayBuffer(),
      () => undefined,
    )
    .catch(() => undefined);
}

describe('an entry', () => {
  test('says what came and what was answered, and nothing of the key', async () => {
    await statusOf(simulator.url, 'hello', { key: 'very-secret' });
    await until(() => ended.length === 1);
    const [entry] = simulator.ledger.requests;
    expect(entry).toMatchObject({
      number: 1,
      nth: 1,
      method: 'POST',
      path: '/v1beta/models/gemini-2.5-flash:generateContent',
      operation: 'generateContent',
      model: 'gemini-2.5-flash',
      prompt: 'hello',
      stream: false,
      keyFingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
      fault: 'none',
      status: 200,
      billed: 'done',
      inputTokens: 2,
      outputTokens: 5,
      completed: true,
      closedByClient: false,
    });
    expect(entry?.closedAtMs).toBeGreaterThanOrEqual(entry?.atMs ?? Number.POSITIVE_INFINITY);
    expect(JSON.stringify(simulator.ledger.requests)).not.toContain('very-secret');
    await fetch(`${simulator.url}/v1/models?key=very-secret`);
    expect(JSON.stringify(simulator.ledger.requests)).not.toContain('very-secret');
  });

  test('keeps headers such as X-Server-Timeout', async () => {
    await sdkOn(simulator.url).models.generateContent({
      model: 'm',
      contents: 'hi',
      config: { httpOptions: { timeout: 4_500 } },
    });
    expect(simulator.ledger.requests[0]?.headers['x-server-timeout']).toBe('5');
  });

  test('tells a client that went away from an answer that was cut', async () => {
    simulator.enqueue('stall-mid-body', 'reset-mid-body');
    await seenStreamed(sdkOn(simulator.url), { prompt: 'left', patienceMs: 40 });
    await attempt('cut');
    await until(() => ended.length === 2);
    const [left] = simulator.ledger.requestsFor('left');
    const [cut] = simulator.ledger.requestsFor('cut');
    expect(left).toMatchObject({ closedByClient: true, completed: false, billed: 'done', status: 200 });
    expect(cut).toMatchObject({ closedByClient: false, completed: false, billed: 'done', status: 200 });
  });
});

describe('what is billed', () => {
  const rows: readonly (readonly [ScriptStep, Work])[] = [
    ['ok', 'done'],
    ['429', 'none'],
    ['503', 'none'],
    ['500', 'maybe'],
    ['504', 'maybe'],
    ['reset-before-headers', 'maybe'],
    ['refused', 'none'],
    ['reset-after-headers', 'done'],
    ['fin-mid-body', 'done'],
    ['200-invalid-json', 'done'],
    ['finish-safety', 'done'],
    [{ fault: '500', work: 'done' }, 'done'],
  ];
  test.each(rows)('%j: %s', async (step, billed) => {
    simulator.enqueue(typeof step === 'string' && step === 'refused' ? { fault: 'refused', lastsMs: 0 } : step);
    await attempt('hi');
    expect(simulator.ledger.requests[0]?.billed).toBe(billed);
  });

  test('work done again for the same request is counted, other work is not', async () => {
    simulator.enqueue('reset-mid-body', '500');
    for (const prompt of ['a', 'b', 'a', 'b', 'c']) await attempt(prompt);
    expect(simulator.ledger.billedTwice).toBe(1);
    expect(simulator.ledger.maybeBilledTwice).toBe(2);
    expect(simulator.ledger.tokens).toEqual({ input: 4, output: 20 });
  });

  test('a request that creates something and is sent again shows, also where its answers were lost', async () => {
    const sdk = sdkOn(simulator.url);
    simulator.enqueue({ fault: 'reset-after-headers', times: 2 });
    const create = (): Promise<unknown> =>
      sdk.caches.create({ model: 'm', config: { contents: 'x' } }).catch(() => undefined);
    await create();
    expect(simulator.ledger.billedTwice).toBe(0);
    await create();
    expect(simulator.ledger.billedTwice).toBe(1);
  });
});

test('questions by prompt and by field', async () => {
  simulator.enqueue('503', '429');
  for (const prompt of ['a', 'a', 'b']) await attempt(prompt);
  expect(simulator.ledger.requestsFor('a').map(({ status, nth }) => [status, nth])).toEqual([
    [503, 1],
    [429, 2],
  ]);
  expect(simulator.ledger.countBy('status')).toEqual({ 200: 1, 429: 1, 503: 1 });
  expect(simulator.ledger.countBy('prompt')).toEqual({ a: 2, b: 1 });
  expect(simulator.ledger.countBy('operation')).toEqual({ generateContent: 3 });
});

describe('under load', () => {
  test('1,000 requests at once are all answered, and seen at once', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    await using busy = await startSimulator({ latencyMs: 1_000, runtime: time.runtime });
    const asked = Array.from({ length: 1_000 }, async (_, index) => {
      const verb = index % 2 === 0 ? 'generateContent' : 'streamGenerateContent?alt=sse';
      return (await ask(busy.url, `prompt ${index}.`, { verb })).text();
    });
    await until(() => busy.ledger.requests.length === 1_000);
    time.advance(1_000);
    const answers = await Promise.all(asked);
    expect(answers.every((text, index) => text.includes(`Echo: prompt ${index}.`))).toBe(true);
    expect(busy.ledger.countBy('status')).toEqual({ 200: 1_000 });
    expect(busy.ledger.mostInFlight).toBe(1_000);
    expect(busy.ledger.billedTwice).toBe(0);
  });

  test('close destroys a thousand stalled connections at once', async () => {
    const stuck = await startSimulator({ script: [{ fault: 'stall-before-headers', times: 1_000 }] });
    const asked = Array.from({ length: 1_000 }, (_, index) => ask(stuck.url, `p${index}`).catch(() => 'cut'));
    await until(() => stuck.ledger.requests.length === 1_000);
    expect(stuck.openSockets).toBe(1_000);
    const start = performance.now();
    await stuck.close();
    expect(performance.now() - start).toBeLessThan(500);
    expect(stuck.openSockets).toBe(0);
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['cut']));
    expect(stuck.ledger.requests.some(({ closedByClient }) => closedByClient)).toBe(false);
  });
});
