/** What a service in trouble is asked, and how soon it is well again, through the whole client in virtual time. */

import { describe, expect, it } from 'vitest';
import type { GeminiCoreOptions } from '../../index.ts';
import { herd, type VirtualBench, virtualBench } from './virtualGemini.ts';

const seeds = [1, 2, 3, 4, 5];

/** Answers per second between two times, in milliseconds since the start. */
function goodput({ service }: VirtualBench, fromMs: number, toMs: number): number {
  const answers = service.ledger.requests.filter(
    ({ status, closedAtMs = 0 }) => status === 200 && closedAtMs >= fromMs && closedAtMs < toMs,
  );
  return (answers.length * 1_000) / (toMs - fromMs);
}

describe('with nothing configured', () => {
  it.each(seeds)(
    '503 on half of the requests for 90 s: all 200 calls over two minutes succeed (seed %i)',
    async seed => {
      const bench = virtualBench({ weather: { seed, rates: { '503': 0.5 } } });
      bench.runtime.setTimer(90_000, () => bench.service.setWeather(undefined));
      const went = await herd(bench, 200, { everyMs: 600 });
      expect(went.failed).toEqual({});
      expect(went.requests / 200).toBeLessThanOrEqual(1.3);
      expect(went.tookMs).toBeLessThanOrEqual(1.1 * (199 * 600 + 200));
    },
  );

  it.each(['503', '500', '502-html', 'reset-before-headers', 'refused'] as const)(
    '%s for a whole minute: all 200 calls succeed, and the end is noticed within 5 s',
    async fault => {
      const bench = virtualBench({ outages: [{ fromMs: 30_000, toMs: 90_000, fault }] });
      const went = await herd(bench, 200, { everyMs: 600 });
      expect(went.failed).toEqual({});
      // Nobody sees a request to a closed port; those that came through are counted.
      expect(went.requests / 200).toBeLessThanOrEqual(1.15);
      const first = bench.service.ledger.requests.find(({ atMs }) => atMs >= 90_000);
      expect(first?.atMs).toBeLessThanOrEqual(95_000);
    },
  );

  it('half of everything fails for ever: patience ends, and all are answered', async () => {
    const bench = virtualBench({ weather: { seed: 1, rates: { '503': 0.4, 'reset-before-headers': 0.1 } } });
    const went = await herd(bench, 500);
    expect(went.failed).toEqual({});
    expect(went.tookMs).toBeLessThan(600_000);
  });

  it.each(seeds)(
    'a third of everything fails for ever: nobody waits for an outage to end that is none (seed %i)',
    async seed => {
      const bench = virtualBench({ weather: { seed, rates: { '503': 1 / 3 } } });
      const went = await herd(bench, 1_000);
      expect(went.failed).toEqual({});
      expect(went.requests / 1_000).toBeLessThanOrEqual(1.6);
      expect(went.tookMs).toBeLessThan(90_000);
    },
  );

  // how many calls at once, of which so many attempts fail for ever; their time in seconds; how many of a hundred are answered
  it.each([
    [1_000, 0.25, 5, 96],
    [1_000, 0.5, 5, 70],
    [1_000, 0.25, 10, 100],
    [1_000, 0.5, 10, 97],
    [1_000, 0.75, 10, 80],
    [1_000, 0.75, 20, 95],
    [100, 0.5, 30, 100],
    [1_000, 0.5, 30, 100],
    [1_000, 0.64, 30, 95],
    [1_000, 0.64, 60, 100],
    [1_000, 0.75, 60, 97],
    [100, 0.75, 600, 100],
    [100, 0.9, 600, 98],
  ])('%i calls at once, %d of all attempts fail for ever, %i s: at least %i in 100 are answered', async (...row) => {
    const [calls, share, deadlineS, percent] = row;
    const rates = { '503': share / 2, '500': share / 4, 'reset-before-headers': share / 4 };
    const bench = virtualBench({ weather: { seed: 1, rates } }, { deadlineMs: deadlineS * 1_000 });
    const { answered, requests } = await herd(bench, calls);
    expect(answered).toBeGreaterThanOrEqual((calls * percent) / 100);
    // Of those who are not answered something was asked, too.
    expect((requests * (1 - share)) / answered).toBeLessThanOrEqual(1.2);
  });

  // how many calls at once, of which so many attempts fail, how, how long each has in seconds, how many of a hundred are answered
  it.each([
    [1_000, 0.5, '503', 10, 97],
    [1_000, 0.75, '503', 10, 78],
    [1_000, 0.5, '500', 10, 97],
    [1_000, 0.5, 'reset-before-headers', 10, 99],
    [1_000, 0.75, 'reset-before-headers', 10, 88],
    [100, 0.75, '503', 10, 82],
    [10_000, 0.5, '503', 10, 95],
    [1_000, 0.5, '503', 5, 88],
    [1_000, 0.75, '503', 20, 94],
  ] as const)('%i at once, %d of all attempts %s, %i s: %i in 100, and more than by retries alone', async (...row) => {
    const [calls, share, fault, deadlineS, percent] = row;
    const alone = { concurrency: false, retryBudget: false, breaker: false, quota: false } as const;
    const [ours, others] = await Promise.all(
      [{}, alone].map(options => {
        const simulated = { weather: { seed: 1, rates: { [fault]: share } } };
        return herd(virtualBench(simulated, { deadlineMs: deadlineS * 1_000, ...options }), calls);
      }),
    );
    expect(ours?.answered).toBeGreaterThanOrEqual((calls * percent) / 100);
    expect(ours?.answered).toBeGreaterThan(others?.answered ?? Number.NaN);
    expect(((ours?.requests ?? Number.NaN) * (1 - share)) / (ours?.answered ?? 0)).toBeLessThanOrEqual(1.05);
  });

  it('one call alone is not held up: it has its retries and no more', async () => {
    const bench = virtualBench({ outages: [{ fromMs: 0, toMs: 3_600_000, fault: '503' }] });
    for (let call = 0; call < 5; call += 1) expect(await herd(bench, 1)).toMatchObject({ requests: 4, answered: 0 });
  });
});

describe('a service that collapses under what it is asked', () => {
  const capacity = { requestsPerSecond: 20, queueMs: 2_000, refusalCost: 0.8 };
  const run = async (options: GeminiCoreOptions): Promise<VirtualBench> => {
    const bench = virtualBench({ capacity }, options);
    // 30 a second come for 20 s, then 18.
    const burst = herd(bench, 600, { everyMs: 33 });
    const steady = herd(bench, 2_000, { everyMs: 55, prompt: index => `steady ${index}` });
    const ended = await Promise.all([burst, steady]);
    if (options.concurrency === undefined) for (const { failed } of ended) expect(failed).toEqual({});
    return bench;
  };

  it('is back at nine tenths of its capacity or more, and loses nothing', async () => {
    const bench = await run({});
    expect(goodput(bench, 25_000, 100_000)).toBeGreaterThanOrEqual(18);
  });

  // how long each call has in seconds, what a refusal costs of an answer, how many of a hundred are answered, at how many requests
  it.each([
    [60, 0, 100, 1.1],
    [60, 0.3, 100, 1.1],
    [60, 0.8, 100, 1.1],
    [20, 0.8, 80, 1.2],
    [10, 0.8, 65, 1.35],
  ])('also where calls have %i s and a refusal costs it %d of an answer: %i in 100', async (...row) => {
    const [deadlineS, refusalCost, percent, perAnswer] = row;
    const bench = virtualBench({ capacity: { ...capacity, refusalCost } }, { deadlineMs: deadlineS * 1_000 });
    const burst = herd(bench, 600, { everyMs: 33 });
    const steady = herd(bench, 2_000, { everyMs: 55, prompt: index => `steady ${index}` });
    const [one, other] = await Promise.all([burst, steady]);
    const answered = one.answered + other.answered;
    expect(answered).toBeGreaterThanOrEqual((2_600 * percent) / 100);
    expect(bench.service.ledger.requests.length).toBeLessThanOrEqual(perAnswer * answered);
  });

  it.each([0, 0.8])(
    '1,000 calls at once with a minute each, refusals that cost %d: all are answered',
    async refusalCost => {
      const bench = virtualBench({ capacity: { ...capacity, refusalCost } }, { deadlineMs: 60_000 });
      const went = await herd(bench, 1_000);
      expect(went.failed).toEqual({});
      expect(went.requests).toBeLessThanOrEqual(1_200);
    },
  );

  it('which it is not without the concurrency limit', async () => {
    const bench = await run({ concurrency: false });
    expect(goodput(bench, 25_000, 100_000)).toBeLessThan(16);
  });

  it('and never is with retries alone', async () => {
    const bench = await run({ concurrency: false, retryBudget: false, breaker: false });
    expect(goodput(bench, 25_000, 100_000)).toBeLessThan(2);
  });
});
