import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ScriptStep,
  type Simulator,
  startSimulator,
  type Weather,
  weatherPresets,
} from '../../simulator/index.ts';
import { ask, statusOf } from './ask.ts';
import { describeError } from './seen.ts';
import { virtualTimeAt } from './virtualTime.ts';

async function statusesOf(simulator: Simulator, prompts: readonly string[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const prompt of prompts) found.push(await statusOf(simulator.url, prompt));
  return found;
}

describe('the script', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  beforeEach(() => simulator.reset());
  afterAll(() => simulator.close());

  const rows: readonly (readonly [string, readonly ScriptStep[], readonly string[], readonly number[], number])[] = [
    ['steps are used up one a request', ['503', 'ok', '500'], ['a', 'a', 'a', 'a'], [503, 200, 500, 200], 0],
    ['times repeats a step', [{ fault: '503', times: 2 }, '500'], ['a', 'a', 'a', 'a'], [503, 503, 500, 200], 0],
    [
      'a step may wait for a prompt',
      [{ fault: '503', when: { prompt: 'bad' } }],
      ['good', 'a bad one', 'bad'],
      [200, 503, 200],
      0,
    ],
    [
      'a waiting step does not hold up the ones behind it',
      [{ fault: '503', when: { prompt: 'x' } }, '500'],
      ['a', 'x'],
      [500, 503],
      0,
    ],
    [
      'nth counts the sendings of one prompt',
      [{ fault: '503', when: { nth: 2 }, times: 9 }],
      ['a', 'b', 'a', 'b', 'a'],
      [200, 200, 503, 503, 200],
      7,
    ],
    ['a step may wait for a model', [{ fault: '503', when: { model: 'other' } }], ['a'], [200], 1],
    ['a step may wait for an operation', [{ fault: '503', when: { operation: 'countTokens' } }], ['a'], [200], 1],
    ['a fault of streams waits for a stream', ['sse-error-first', '503'], ['a'], [503], 1],
  ];

  test.each(rows)('%s', async (_claim, steps, prompts, expected, left) => {
    simulator.enqueue(...steps);
    expect(await statusesOf(simulator, prompts)).toEqual(expected);
    expect(simulator.scriptLeft).toBe(left);
  });
});

describe('the weather', () => {
  const prompts = Array.from({ length: 60 }, (_, index) => `prompt ${index}`);
  const weather: Weather = { seed: 7, rates: { '503': 0.3, '500': 0.2 } };

  async function under(given: Weather, order: readonly string[]): Promise<Readonly<Record<string, number>>> {
    await using simulator = await startSimulator({ weather: given });
    const found = await Promise.all(
      order.map(async prompt => [prompt, await statusOf(simulator.url, prompt)] as const),
    );
    return Object.fromEntries(found);
  }

  test('is the same for a seed, in whatever order the requests come', async () => {
    expect(await under(weather, prompts.toReversed())).toEqual(await under(weather, prompts));
  });

  test('differs for another seed', async () => {
    expect(await under({ ...weather, seed: 8 }, prompts)).not.toEqual(await under(weather, prompts));
  });

  test('keeps its rates, roughly', async () => {
    const counts = Object.values(
      await under(
        weather,
        Array.from({ length: 400 }, (_, index) => `p${index}`),
      ),
    );
    expect(counts.filter(status => status === 503).length / 400).toBeCloseTo(0.3, 1);
    expect(counts.filter(status => status === 500).length / 400).toBeCloseTo(0.2, 1);
  });

  test('draws anew for each sending, can be changed at run time, and yields to an ok step', async () => {
    await using simulator = await startSimulator({ weather: { seed: 1, rates: { '503': 0.5 } } });
    expect(new Set(await statusesOf(simulator, Array(20).fill('same')))).toEqual(new Set([200, 503]));
    simulator.setWeather({ rates: { '500': 1 } });
    expect(await statusOf(simulator.url, 'same')).toBe(500);
    simulator.enqueue('ok');
    expect(await statusOf(simulator.url, 'same')).toBe(200);
    simulator.setWeather(undefined);
    expect(await statusOf(simulator.url, 'same')).toBe(200);
  });

  test.each(Object.entries(weatherPresets))('%s can be', async (_name, rates) => {
    await using simulator = await startSimulator({ weather: { rates } });
    expect(simulator.port).toBeGreaterThan(0);
  });

  test('a fault that cannot happen to a request leaves it alone', async () => {
    await using simulator = await startSimulator({ weather: { rates: { 'sse-error-mid': 1 } } });
    expect(await statusOf(simulator.url, 'whole')).toBe(200);
    expect(simulator.ledger.countBy('fault')).toEqual({ none: 1 });
  });
});

describe('outages', () => {
  test('a window of time fails everything in it and nothing around it', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    await using simulator = await startSimulator({
      outages: [{ fromMs: 1000, toMs: 2000, fault: '503' }],
      runtime: time.runtime,
    });
    const seen: number[] = [];
    for (const step of [999, 1, 999, 1]) {
      time.advance(step);
      seen.push(await statusOf(simulator.url, 'a'));
    }
    expect(seen).toEqual([200, 503, 503, 200]);
  });

  test('refused closes the port for the window', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    await using simulator = await startSimulator({
      outages: [{ fromMs: 1000, toMs: 2000, fault: 'refused' }],
      runtime: time.runtime,
    });
    time.advance(1000);
    expect(describeError(await ask(simulator.url, 'a').catch((error: unknown) => error))).toBe(
      'TypeError fetch failed <- ECONNREFUSED',
    );
    time.advance(1000);
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(await statusOf(simulator.url, 'a')).toBe(200);
  });

  test('reset ends an outage of the port and begins its time anew', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    await using simulator = await startSimulator({
      outages: [{ fromMs: 1000, toMs: 2000, fault: 'refused' }],
      runtime: time.runtime,
    });
    time.advance(1500);
    simulator.reset();
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(await statusOf(simulator.url, 'a')).toBe(200);
    time.advance(1000);
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(describeError(await ask(simulator.url, 'b').catch((error: unknown) => error))).toMatch(
      /^TypeError fetch failed/,
    );
  });

  test('latency and gaps go by the clock of the simulator', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    await using simulator = await startSimulator({ latencyMs: 60_000, runtime: time.runtime });
    const asked = statusOf(simulator.url, 'a');
    while (simulator.ledger.requests.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
    time.advance(60_000);
    expect(await asked).toBe(200);
    expect(simulator.ledger.requests[0]).toMatchObject({ atMs: 0, closedAtMs: 60_000 });
  });
});
