/** What a herd of calls costs and takes against quotas, with nothing configured, through the whole client in virtual time. */

import { describe, expect, it } from 'vitest';
import { GeminiCore, type GeminiError } from '../../index.ts';
import { earliestSchedule, type Quotas, type SimulatorOptions } from '../../simulator/index.ts';
import { herd, mulberry, type VirtualBench, virtualBench } from './virtualGemini.ts';

const latencyMs = 200;

/** The earliest that these requests can all be answered, in milliseconds. */
function idealMs(
  bench: VirtualBench,
  startWallMs: number,
  calls: number,
  quotas: Quotas,
  changes: SimulatorOptions['quotaChanges'] = [],
) {
  const sizes = bench.service.ledger.requests.filter(({ status }) => status === 200).map(one => one.inputTokens);
  const arrivals = Array.from({ length: calls }, (_, index) => ({ atMs: 0, tokens: sizes[index] ?? 0 }));
  return earliestSchedule(arrivals, quotas, { startMs: startWallMs, latencyMs, quotaChanges: changes as never }).endMs;
}

const words = (index: number): string => `${'word '.repeat(60 + ((index * 37) % 80))}${index}`;
interface Row {
  readonly quotas: Quotas;
  readonly calls: number;
  readonly prompt?: (index: number) => string;
  readonly changes?: SimulatorOptions['quotaChanges'];
  readonly options?: Parameters<typeof virtualBench>[1];
  /** Milliseconds into the minute at which the calls are made. */
  readonly atMs?: number;
  /** The most that may be refused, as a share of all requests, and the longest, as a multiple of the ideal. */
  readonly refused: number;
  readonly time: number;
}

describe('calls at once, with nothing configured', () => {
  const rolling = { window: 'rolling' } as const;
  const rows: Record<string, Row> = {
    '300 against 60 a minute, fixed': { quotas: { requestsPerMinute: 60 }, calls: 300, refused: 0.05, time: 1.03 },
    'the same in the middle of the minute': {
      ...{ quotas: { requestsPerMinute: 60 }, calls: 300, atMs: 34_567 },
      ...{ refused: 0.05, time: 1.03 },
    },
    'the same, rolling': { quotas: { requestsPerMinute: 60, ...rolling }, calls: 300, refused: 0.05, time: 1.03 },
    'where refused requests count, fixed': {
      ...{ quotas: { requestsPerMinute: 60, refusedRequestsCount: true }, calls: 300 },
      ...{ refused: 0.05, time: 1.03 },
    },
    'where refused requests count, rolling': {
      ...{ quotas: { requestsPerMinute: 60, refusedRequestsCount: true, ...rolling }, calls: 300 },
      ...{ refused: 0.05, time: 1.03 },
    },
    'by input tokens a minute': {
      ...{ quotas: { inputTokensPerMinute: 6_000 }, calls: 300, prompt: words },
      ...{ refused: 0.05, time: 1.03 },
    },
    'by input tokens a minute, rolling': {
      ...{ quotas: { inputTokensPerMinute: 6_000, ...rolling }, calls: 300, prompt: words },
      ...{ refused: 0.05, time: 1.03 },
    },
    '6,000 against 2,000 a minute': { quotas: { requestsPerMinute: 2_000 }, calls: 6_000, refused: 0.05, time: 1.1 },
    '6,000 against 2,000 a minute, rolling': {
      ...{ quotas: { requestsPerMinute: 2_000, ...rolling }, calls: 6_000 },
      ...{ refused: 0.05, time: 1.1 },
    },
    'with the limit halved in mid-run': {
      ...{ quotas: { requestsPerMinute: 60 }, calls: 300 },
      changes: [{ atMs: 90_000, quotas: { requestsPerMinute: 30 } }],
      ...{ refused: 0.1, time: 1.1 },
    },
    'with the limit halved in mid-run, rolling': {
      ...{ quotas: { requestsPerMinute: 60, ...rolling }, calls: 300 },
      changes: [{ atMs: 90_000, quotas: { requestsPerMinute: 30, ...rolling } }],
      ...{ refused: 0.1, time: 1.16 },
    },
    'with a limit given that is twice too high': {
      ...{ quotas: { requestsPerMinute: 60 }, calls: 300, options: { quota: { requestsPerMinute: 120 } } },
      ...{ refused: 0.05, time: 1.03 },
    },
    'with the right limit given': {
      ...{ quotas: { requestsPerMinute: 60 }, calls: 300, options: { quota: { requestsPerMinute: 60 } } },
      ...{ refused: 0.02, time: 1.03 },
    },
    'with a limit given that is half of the true one': {
      ...{ quotas: { requestsPerMinute: 60 }, calls: 300, options: { quota: { requestsPerMinute: 30 } } },
      ...{ refused: 0.05, time: 1.55 },
    },
    'with the limit doubled in mid-run': {
      ...{ quotas: { requestsPerMinute: 60 }, calls: 1_200 },
      changes: [{ atMs: 90_000, quotas: { requestsPerMinute: 120 } }],
      ...{ refused: 0.07, time: 1.4 },
    },
  };
  it.each(Object.entries(rows))('%s', async (_name, row) => {
    const { quotas, calls, prompt, changes, options, atMs = 0, refused, time } = row;
    const bench = virtualBench({ quotas, latencyMs, ...(changes && { quotaChanges: changes }) }, options, atMs);
    const startWallMs = bench.runtime.wallClock();
    const went = await herd(bench, calls, { prompt });
    expect(went.failed).toEqual({});
    expect(went.rejected / went.requests).toBeLessThanOrEqual(refused);
    expect(went.tookMs / idealMs(bench, startWallMs, calls, quotas, changes)).toBeLessThanOrEqual(time);
  });
});

describe('calls with little time, and a quota that is not known', () => {
  // how many at once, how long each has and an answer takes, in seconds
  it.each([
    [1_000, 5, 0.2],
    [10_000, 10, 1],
    [1_000, 10, 2],
    [10_000, 30, 2],
  ])('%i calls with %d s each, answers of %d s: all come through in time', async (calls, deadlineS, latencyS) => {
    const bench = virtualBench({ latencyMs: latencyS * 1_000 }, { deadlineMs: deadlineS * 1_000 });
    expect(await herd(bench, calls)).toMatchObject({ answered: calls, requests: calls });
  });

  it.each([60, 300])('where it is %i a minute, it is used up, and no more is refused than is let in', async limit => {
    const bench = virtualBench({ quotas: { requestsPerMinute: limit } }, { deadlineMs: 10_000 });
    const went = await herd(bench, 1_000);
    expect(went.answered).toBe(limit);
    expect(went.rejected).toBeLessThanOrEqual(limit + 8);
  });
});

describe('quotas that say little, or are gone', () => {
  it('a capacity that is shared and states nothing is found and kept to', async () => {
    const bench = virtualBench({ quotas: { sharedCapacity: { requestsPerSecond: 10, burst: 10 } } });
    const went = await herd(bench, 600);
    expect(went).toMatchObject({ answered: 600, failed: {} });
    expect(went.rejected / went.requests).toBeLessThan(0.07);
    expect(went.tookMs).toBeLessThan(59_000 * 1.15);
  });

  it('a day that is spent costs the whole herd one request, and says when it comes back', async () => {
    const bench = virtualBench({ quotas: { requestsPerDay: 5 } });
    await herd(bench, 5);
    const fresh = { ...bench, gemini: bench.client() };
    const went = await herd(fresh, 300);
    expect(went).toMatchObject({ answered: 0, requests: 1, failed: { 'quota-per-day': 1, 'quota-per-day gate': 299 } });
    for (const error of went.errors) expect((error as GeminiError).retryAt).toEqual(new Date('2026-11-23T08:00:00Z'));
    expect(await herd(fresh, 10)).toMatchObject({ answered: 0, requests: 0 });
  });

  it('a day that is spent under way costs no more than what is under way', async () => {
    const bench = virtualBench({ quotas: { requestsPerDay: 100 } });
    const went = await herd(bench, 300);
    expect(went.answered).toBe(100);
    expect(went.rejected).toBeLessThanOrEqual(12);
  });

  it('is asked again after midnight in California', async () => {
    const bench = virtualBench({ quotas: { requestsPerDay: 5 } }, { quota: { requestsPerDay: 5 } });
    expect(await herd(bench, 20)).toMatchObject({ answered: 5, requests: 5, rejected: 0 });
    bench.runtime.advance(24 * 3_600_000);
    expect(await herd(bench, 3)).toMatchObject({ answered: 3 });
  });

  it('two models do not hinder each other', async () => {
    const bench = virtualBench({ quotas: { perModel: { slow: { requestsPerMinute: 6 } } } });
    const went = await herd(bench, 100, { model: index => (index % 2 === 0 ? 'slow' : 'fast') });
    expect(went.failed).toEqual({});
    const fast = bench.service.ledger.requests.filter(({ model }) => model === 'fast');
    expect(fast).toHaveLength(50);
    expect(Math.max(...fast.map(({ closedAtMs = Number.NaN }) => closedAtMs))).toBeLessThan(5_000);
  });

  it('a fifth of permanent errors costs one request each, and delays nobody', async () => {
    const script = Array.from({ length: 20 }, (_, index) => ({
      fault: '400' as const,
      when: { prompt: `bad ${index}` },
      times: 9,
    }));
    const bench = virtualBench({ script });
    const went = await herd(bench, 100, { prompt: index => (index % 5 === 0 ? `bad ${index / 5}` : `good ${index}`) });
    expect(went).toMatchObject({ answered: 80, requests: 100, failed: { 'invalid-argument': 20 } });
    expect(went.tookMs).toBeLessThan(5_000);
  });
});

describe('a quota of a service that also fails', () => {
  it.each([2, 5, 9])('a quarter of all attempts: nobody waits for whom he holds up himself (seed %i)', async seed => {
    const bench = virtualBench({ quotas: { requestsPerMinute: 60 }, weather: { seed, rates: { '503': 0.25 } } });
    const went = await herd(bench, 300);
    expect(went.failed).toEqual({});
    expect(went.tookMs).toBeLessThan(450_000);
  });
});

describe('what fails for other reasons than its quota', () => {
  it('and nothing else, holds up nobody: 300 bad requests end within 10 s', async () => {
    const bench = virtualBench({ weather: { rates: { '400': 1 } } });
    const went = await herd(bench, 300);
    expect(went).toMatchObject({ requests: 300, failed: { 'invalid-argument': 300 } });
    expect(went.tookMs).toBeLessThan(10_000);
  });

  it('is told as what it is, also to those who were never sent', async () => {
    const outage = { weather: { rates: { 'reset-before-headers': 1 } } } as const;
    const went = await herd(virtualBench(outage, { deadlineMs: 60_000 }), 300);
    expect(went.answered).toBe(0);
    expect(Object.keys(went.failed).filter(reason => reason.startsWith('quota'))).toEqual([]);
  });
});

describe('requests that travel unequally long', () => {
  /** Each request takes up to so long more on its way. */
  function slowWays(quotas: Quotas, upToMs: number, seed: number): VirtualBench {
    const random = mulberry(seed);
    const bench = virtualBench({ quotas, latencyMs });
    const fetch: typeof globalThis.fetch = async (input, init) => {
      await bench.runtime.sleep(random() * upToMs);
      return bench.service.fetch(input, init);
    };
    const { runtime } = bench;
    const options = { apiKey: 'test-key', environment: {}, deadlineMs: 3_600_000, runtime, httpOptions: { fetch } };
    return { ...bench, gemini: new GeminiCore(options) };
  }

  // up to so many milliseconds, the most that may be refused, the longest as a multiple of the ideal
  const rows: readonly (readonly [number, number, number])[] = [
    [100, 0.05, 1.04],
    [300, 0.05, 1.04],
    [1_000, 0.08, 1.06],
    [4_000, 0.13, 1.12],
  ];
  it.each(rows)(
    'up to %i ms: what their ways differ by is learned from what comes too early',
    async (upToMs, refused, time) => {
      for (const seed of [1, 2, 3, 4]) {
        const bench = slowWays({ requestsPerMinute: 60, window: 'rolling' }, upToMs, seed);
        const went = await herd(bench, 300);
        expect(went.failed).toEqual({});
        expect(went.rejected / went.requests).toBeLessThanOrEqual(refused);
        expect(went.tookMs / (240_000 + latencyMs)).toBeLessThanOrEqual(time);
      }
    },
  );
});
