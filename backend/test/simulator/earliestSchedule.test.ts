import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ArrivalOfRequest,
  earliestSchedule,
  type Quotas,
  type ScheduleOptions,
  SimulatorOptionError,
  simulatedFetch,
} from '../../simulator/index.ts';
import { statusOf } from './ask.ts';
import { virtualTimeAt } from './virtualTime.ts';

const atOnce = (count: number, tokens = 0): readonly ArrivalOfRequest[] => Array(count).fill({ atMs: 0, tokens });
const every = (ms: number, count: number): readonly ArrivalOfRequest[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * ms }));

const twentyPast = Date.parse('2026-03-02T12:00:20Z');
const rolling = { window: 'rolling' } as const;

const rows: readonly (readonly [string, readonly ArrivalOfRequest[], Quotas, ScheduleOptions, endMs: number])[] = [
  ['nothing to do', [], { requestsPerMinute: 1 }, { latencyMs: 500 }, 0],
  ['no quota', atOnce(300), {}, { latencyMs: 500 }, 500],
  ['no quota, over time', every(100, 11), {}, {}, 1_000],
  ['300 at 60 a minute, fixed', atOnce(300), { requestsPerMinute: 60 }, {}, 240_000],
  ['the same with a latency', atOnce(300), { requestsPerMinute: 60 }, { latencyMs: 800 }, 240_800],
  ['the same, begun within a minute', atOnce(300), { requestsPerMinute: 60 }, { startMs: twentyPast }, 220_000],
  ['the same, rolling', atOnce(300), { requestsPerMinute: 60, ...rolling }, { startMs: twentyPast }, 240_000],
  ['a rolling minute gives back one by one', every(1_000, 4), { requestsPerMinute: 2, ...rolling }, {}, 61_000],
  ['tokens', atOnce(6, 40), { inputTokensPerMinute: 100 }, {}, 120_000],
  ['tokens, rolling', atOnce(6, 40), { inputTokensPerMinute: 100, ...rolling }, {}, 120_000],
  ['whichever is spent first', atOnce(6, 40), { inputTokensPerMinute: 100, requestsPerMinute: 1 }, {}, 300_000],
  ['a day', atOnce(3), { requestsPerDay: 2 }, { startMs: Date.parse('2026-07-01T06:59:00Z') }, 60_000],
  ['shared capacity', atOnce(100), { sharedCapacity: { requestsPerSecond: 5 } }, {}, 19_000],
  ['shared capacity with a burst', atOnce(100), { sharedCapacity: { requestsPerSecond: 5, burst: 50 } }, {}, 10_000],
  [
    'a quota that is halved on the way',
    atOnce(300),
    { requestsPerMinute: 60 },
    { quotaChanges: [{ atMs: 90_000, quotas: { requestsPerMinute: 30 } }] },
    // 60 at 0, 60 at 60 s, then 30 a minute: 180 more in six minutes.
    420_000,
  ],
  [
    'a quota that rises within a minute',
    atOnce(100),
    { requestsPerMinute: 60 },
    { quotaChanges: [{ atMs: 30_000, quotas: { requestsPerMinute: 100 } }] },
    30_000,
  ],
  [
    'a quota of nothing until it changes',
    atOnce(10),
    { requestsPerMinute: 0 },
    { quotaChanges: [{ atMs: 12_345, quotas: {} }] },
    12_345,
  ],
];

describe('the earliest end', () => {
  test.each(rows)('%s', (_claim, arrivals, quotas, options, endMs) => {
    expect(earliestSchedule(arrivals, quotas, options).endMs).toBeCloseTo(endMs, 3);
  });

  test('first come, first served: a small request does not overtake', () => {
    const arrivals = [
      { atMs: 2, tokens: 5 },
      { atMs: 0, tokens: 60 },
      { atMs: 1, tokens: 60 },
    ];
    expect(earliestSchedule(arrivals, { inputTokensPerMinute: 100 }).sentAtMs).toEqual([60_000, 0, 60_000]);
  });

  test.each([
    ['requests that no minute holds', () => earliestSchedule(atOnce(1, 101), { inputTokensPerMinute: 100 })],
    ['a quota of nothing', () => earliestSchedule(atOnce(1), { requestsPerDay: 0 })],
    ['a bucket that does not fill', () => earliestSchedule(atOnce(2), { sharedCapacity: { requestsPerSecond: 0 } })],
    ['a time before the start', () => earliestSchedule([{ atMs: -1 }], {})],
    ['a latency that is none', () => earliestSchedule([], {}, { latencyMs: Number.NaN })],
    ['quotas that are none', () => earliestSchedule([], { requestsPerMinute: -1 })],
  ])('refuses %s', (_name, schedule) => {
    expect(schedule).toThrow(SimulatorOptionError);
  });

  test('20,000 requests are no work', () => {
    const { endMs } = earliestSchedule(atOnce(20_000, 10), {
      requestsPerMinute: 1_000,
      inputTokensPerMinute: 10_000,
      ...rolling,
    });
    expect(endMs).toBe(19 * 60_000);
  });
});

/** Statuses of requests that are sent when the schedule says, the last one so much earlier. */
async function statusesOf(
  sizes: readonly number[],
  sentAtMs: readonly number[],
  { quotas, startMs, earlierMs }: { quotas: Quotas; startMs: number; earlierMs: number },
): Promise<readonly number[]> {
  const time = virtualTimeAt(new Date(startMs).toISOString());
  const { fetch: send } = simulatedFetch({ quotas, runtime: time.runtime });
  const found: number[] = [];
  let nowMs = 0;
  for (const [index, atMs] of sentAtMs.entries()) {
    const thenMs = index === sentAtMs.length - 1 ? Math.max(nowMs, atMs - earlierMs) : atMs;
    time.advance(thenMs - nowMs);
    nowMs = thenMs;
    found.push(await statusOf('http://gemini.test', 'x'.repeat((sizes[index] ?? 1) * 4), { send }));
  }
  return found;
}

const courses = fc.record({
  requests: fc.array(
    fc.record({ gapMs: fc.integer({ min: 0, max: 30_000 }), tokens: fc.integer({ min: 1, max: 50 }) }),
    {
      minLength: 1,
      maxLength: 20,
    },
  ),
  quotas: fc.record({
    requestsPerMinute: fc.integer({ min: 1, max: 6 }),
    inputTokensPerMinute: fc.integer({ min: 50, max: 200 }),
    window: fc.constantFrom('fixed' as const, 'rolling' as const),
  }),
  startMs: fc.integer({ min: Date.parse('2026-03-02T12:00:00Z'), max: Date.parse('2026-03-02T12:02:00Z') }),
});

test('the simulator accepts every request of a schedule, and none that is sent a millisecond before its time', async () => {
  await fc.assert(
    fc.asyncProperty(courses, async ({ requests, quotas, startMs }) => {
      let atMs = 0;
      const arrivals = requests.map(({ gapMs, tokens }) => {
        atMs += gapMs;
        return { atMs, tokens };
      });
      const sizes = arrivals.map(({ tokens }) => tokens);
      const { sentAtMs } = earliestSchedule(arrivals, quotas, { startMs });
      expect(new Set(await statusesOf(sizes, sentAtMs, { quotas, startMs, earlierMs: 0 }))).toEqual(new Set([200]));
      const last = sentAtMs.at(-1) ?? 0;
      const soonest = Math.max(arrivals.at(-1)?.atMs ?? 0, sentAtMs.at(-2) ?? 0);
      if (last > soonest) {
        expect((await statusesOf(sizes, sentAtMs, { quotas, startMs, earlierMs: 1 })).at(-1)).toBe(429);
      }
    }),
    { numRuns: 150, seed: 20 },
  );
});
