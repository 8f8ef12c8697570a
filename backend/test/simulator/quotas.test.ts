import { describe, expect, test } from 'vitest';
import { type Quotas, type Simulator, startSimulator } from '../../simulator/index.ts';
import { nextPacificMidnight } from '../../simulator/pacificDay.ts';
import { ask, statusOf } from './ask.ts';
import { type VirtualTime, virtualTimeAt } from './virtualTime.ts';

interface Violation {
  readonly quotaId: string;
  readonly quotaMetric: string;
  readonly quotaValue: string;
  readonly quotaDimensions: object;
}

interface Refusal {
  readonly message: string;
  readonly violations: readonly Violation[];
  readonly retryDelay: string;
}

async function refusal(url: string, prompt = 'hi'): Promise<Refusal> {
  const response = await ask(url, prompt);
  expect(response.status).toBe(429);
  const { error } = (await response.json()) as {
    error: { message: string; details: readonly Record<string, unknown>[] };
  };
  const [help, failure, retry] = error.details;
  expect(help?.['@type']).toBe('type.googleapis.com/google.rpc.Help');
  return {
    message: error.message,
    violations: failure?.['violations'] as readonly Violation[],
    retryDelay: String(retry?.['retryDelay']),
  };
}

async function started(
  quotas: Quotas,
  isoTime = '2026-03-02T12:00:20.400Z',
): Promise<{ time: VirtualTime; simulator: Simulator }> {
  const time = virtualTimeAt(isoTime);
  return { time, simulator: await startSimulator({ quotas, runtime: time.runtime }) };
}

async function statuses(url: string, count: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push(await statusOf(url, `p${index}`));
  return found;
}

describe('requests per minute', () => {
  test('fixed: the minute of the wall clock is what counts, and the wait ends with it', async () => {
    const { time, simulator } = await started({ requestsPerMinute: 3 });
    await using _ = simulator;
    expect(await statuses(simulator.url, 4)).toEqual([200, 200, 200, 429]);
    const { message, violations, retryDelay } = await refusal(simulator.url);
    expect(retryDelay).toBe('39s');
    expect(message).toMatch(/limit: 3, model: gemini-2\.5-flash\nPlease retry in 39\.6s\.$/);
    expect(violations).toEqual([
      {
        quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
        quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
        quotaDimensions: { location: 'global', model: 'gemini-2.5-flash' },
        quotaValue: '3',
      },
    ]);
    time.advance(39_599);
    expect(await statusOf(simulator.url, 'too early')).toBe(429);
    time.advance(1);
    expect(await statuses(simulator.url, 4)).toEqual([200, 200, 200, 429]);
  });

  test('rolling: each request comes back 60 s after it was sent', async () => {
    const { time, simulator } = await started({ requestsPerMinute: 2, window: 'rolling' });
    await using _ = simulator;
    expect(await statusOf(simulator.url, 'first')).toBe(200);
    time.advance(10_500);
    expect(await statusOf(simulator.url, 'second')).toBe(200);
    const { retryDelay, message } = await refusal(simulator.url);
    expect(retryDelay).toBe('49s');
    expect(message).toContain('Please retry in 49.5s.');
    time.advance(49_500);
    expect(await statuses(simulator.url, 2)).toEqual([200, 429]);
    time.advance(10_500);
    expect(await statuses(simulator.url, 2)).toEqual([200, 429]);
  });

  test('each key and each model has its own', async () => {
    const { simulator } = await started({ requestsPerMinute: 1 });
    await using _ = simulator;
    const seen = [
      await statusOf(simulator.url, 'a'),
      await statusOf(simulator.url, 'a'),
      await statusOf(simulator.url, 'a', { key: 'other' }),
      await statusOf(simulator.url, 'a', { model: 'gemini-2.5-pro' }),
    ];
    expect(seen).toEqual([200, 429, 200, 200]);
  });

  test('counting tokens uses up nothing, refused requests neither', async () => {
    const { time, simulator } = await started({ requestsPerMinute: 1, window: 'rolling' });
    await using _ = simulator;
    expect(await statusOf(simulator.url, 'a', { verb: 'countTokens' })).toBe(200);
    expect(await statuses(simulator.url, 3)).toEqual([200, 429, 429]);
    time.advance(60_000);
    expect(await statuses(simulator.url, 1)).toEqual([200]);
  });
});

describe('input tokens per minute', () => {
  test('fixed: what does not fit is refused, what does is not', async () => {
    const { simulator } = await started({ inputTokensPerMinute: 100 });
    await using _ = simulator;
    expect(await statusOf(simulator.url, 'x'.repeat(320))).toBe(200);
    const { violations } = await refusal(simulator.url, 'x'.repeat(84));
    expect(violations.map(({ quotaId, quotaValue }) => [quotaId, quotaValue])).toEqual([
      ['GenerateContentInputTokensPerModelPerMinute-FreeTier', '100'],
    ]);
    expect(await statusOf(simulator.url, 'x'.repeat(80))).toBe(200);
  });

  test('rolling: the wait lasts until enough tokens have come back', async () => {
    const { time, simulator } = await started({ inputTokensPerMinute: 100, window: 'rolling' });
    await using _ = simulator;
    await statusOf(simulator.url, 'x'.repeat(120));
    time.advance(5_000);
    await statusOf(simulator.url, 'x'.repeat(240));
    time.advance(5_000);
    expect((await refusal(simulator.url, 'x'.repeat(160))).retryDelay).toBe('50s');
    expect((await refusal(simulator.url, 'x'.repeat(200))).retryDelay).toBe('55s');
  });
});

describe('requests per day', () => {
  test('a spent day states a short wait, and begins anew at midnight in California', async () => {
    const { time, simulator } = await started({ requestsPerDay: 2 }, '2026-07-01T06:58:51.663Z');
    await using _ = simulator;
    expect(await statuses(simulator.url, 2)).toEqual([200, 200]);
    const { violations, retryDelay, message } = await refusal(simulator.url);
    expect(violations.map(({ quotaId }) => quotaId)).toEqual(['GenerateRequestsPerDayPerProjectPerModel-FreeTier']);
    expect([retryDelay, /Please retry in (.*)s\.$/.exec(message)?.[1]]).toEqual(['8s', '8.337']);
    time.advance(8_337);
    expect(await statusOf(simulator.url, 'the wait was a lie')).toBe(429);
    time.advance(60_000);
    expect(await statuses(simulator.url, 3)).toEqual([200, 200, 429]);
  });

  test('all quotas that are spent are named', async () => {
    const { simulator } = await started({ requestsPerDay: 1, requestsPerMinute: 1, inputTokensPerMinute: 1 });
    await using _ = simulator;
    await statusOf(simulator.url, 'a');
    expect((await refusal(simulator.url)).violations).toHaveLength(3);
  });

  test.each([
    ['2026-01-15T07:59:59.999Z', '2026-01-15T08:00:00.000Z'],
    ['2026-01-15T08:00:00.000Z', '2026-01-16T08:00:00.000Z'],
    ['2026-07-15T06:59:00.000Z', '2026-07-15T07:00:00.000Z'],
    // The clocks go forward on 8 March 2026 and back on 1 November 2026.
    ['2026-03-08T09:00:00.000Z', '2026-03-09T07:00:00.000Z'],
    ['2026-11-01T08:00:00.000Z', '2026-11-02T08:00:00.000Z'],
  ])('after %s the next Pacific midnight is %s', (now, midnight) => {
    expect(new Date(nextPacificMidnight(Date.parse(now))).toISOString()).toBe(midnight);
  });
});

test('an ordered fault passes the door, and uses up quota only where the work is done', async () => {
  const { simulator } = await started({ requestsPerMinute: 2 });
  await using _ = simulator;
  simulator.enqueue('503', '503', 'finish-safety');
  expect(await statuses(simulator.url, 5)).toEqual([503, 503, 200, 200, 429]);
  expect(simulator.ledger.countBy('fault')).toEqual({ '503': 2, 'finish-safety': 1, none: 1, 'quota-spent': 1 });
});
