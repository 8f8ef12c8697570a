import { describe, expect, test } from 'vitest';
import { type SimulatedFetch, type SimulatorOptions, simulatedFetch, startSimulator } from '../../simulator/index.ts';
import { ask, statusOf } from './ask.ts';
import { virtualTimeAt } from './virtualTime.ts';

type Options = Omit<SimulatorOptions, 'port' | 'runtime'>;

/** What comes at a time: how many requests, and the statuses that they get. */
type Row = readonly [atMs: number, count: number, statuses: string, model?: string, prompt?: string];

interface Run extends SimulatedFetch {
  advanceTo(atMs: number): void;
}

function started(options: Options, isoTime = '2026-03-02T12:00:00Z'): Run {
  const time = virtualTimeAt(isoTime);
  let nowMs = 0;
  const simulator = simulatedFetch({ ...options, runtime: time.runtime });
  const advanceTo = (atMs: number): void => {
    time.advance(atMs - nowMs);
    nowMs = atMs;
  };
  return Object.assign(simulator, { advanceTo });
}

async function statuses({ fetch: send }: Run, count: number, model = 'a', prompt = 'hi'): Promise<string> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) {
    found.push(await statusOf('http://gemini.test', prompt, { model, send }));
  }
  return found.join(' ');
}

async function stated({ fetch: send }: Run, model = 'a', prompt = 'hi'): Promise<string> {
  const response = await ask('http://gemini.test', prompt, { model, send });
  return /retry in ([\d.]+s)/.exec(await response.text())?.[1] ?? 'nothing';
}

const rolling = { window: 'rolling' } as const;

/** Claim, options, and what happens in order. */
const courses: readonly (readonly [string, Options, readonly Row[]])[] = [
  [
    'a model has its own quotas, the others those of the default, each its own meter',
    { quotas: { perModel: { a: { requestsPerMinute: 2 } }, default: { requestsPerMinute: 1 } } },
    [
      [0, 3, '200 200 429', 'a'],
      [0, 2, '200 429', 'b'],
      [0, 2, '200 429', 'c'],
    ],
  ],
  [
    'without a default the other models are not limited',
    { quotas: { perModel: { a: { requestsPerMinute: 1 } } } },
    [
      [0, 2, '200 429', 'a'],
      [0, 3, '200 200 200', 'b'],
    ],
  ],
  [
    'a model with the name of something that every object has gets the default',
    { quotas: { perModel: {}, default: { requestsPerMinute: 1 } } },
    [[0, 2, '200 429', 'toString']],
  ],
  [
    'one model may be fixed and another rolling',
    { quotas: { perModel: { a: { requestsPerMinute: 1 }, b: { requestsPerMinute: 1, ...rolling } } } },
    [
      [50_000, 1, '200', 'a'],
      [50_000, 1, '200', 'b'],
      [60_000, 1, '200', 'a'],
      [60_000, 1, '429', 'b'],
      [110_000, 1, '200', 'b'],
    ],
  ],
  [
    'a change takes the place of the quotas at its time, and what was sent before counts',
    {
      quotas: { requestsPerMinute: 4, ...rolling },
      quotaChanges: [{ atMs: 10_000, quotas: { requestsPerMinute: 2, ...rolling } }],
    },
    [
      [0, 3, '200 200 200'],
      [10_000, 1, '429'],
      [60_000, 3, '200 200 429'],
    ],
  ],
  [
    'changes come in the order of their times, whatever the order in which they are given',
    {
      quotaChanges: [
        { atMs: 20_000, quotas: {} },
        { atMs: 10_000, quotas: { requestsPerMinute: 0 } },
      ],
    },
    [
      [9_999, 1, '200'],
      [10_000, 1, '429'],
      [20_000, 1, '200'],
    ],
  ],
  [
    'a quota that comes later counts what was sent while there was none',
    { quotaChanges: [{ atMs: 10_000, quotas: { requestsPerMinute: 3 } }] },
    [
      [0, 3, '200 200 200'],
      [10_000, 1, '429'],
      [60_000, 1, '200'],
    ],
  ],
  [
    'refused requests do not count',
    { quotas: { requestsPerMinute: 1, ...rolling } },
    [
      [0, 1, '200'],
      [30_000, 2, '429 429'],
      [60_000, 2, '200 429'],
    ],
  ],
  [
    'refused requests count where they are told to: who goes on asking stays out',
    { quotas: { requestsPerMinute: 1, refusedRequestsCount: true, ...rolling } },
    [
      [0, 1, '200'],
      [30_000, 1, '429'],
      [60_000, 1, '429'],
      [119_999, 1, '429'],
      [179_998, 1, '429'],
      [239_998, 1, '200'],
    ],
  ],
  [
    'a refused request counts with its tokens',
    { quotas: { inputTokensPerMinute: 10, refusedRequestsCount: true, ...rolling } },
    [
      [0, 1, '200', 'a', 'x'.repeat(24)],
      [1_000, 1, '429', 'a', 'x'.repeat(32)],
      [1_000, 1, '429', 'a', 'x'],
      [61_000, 1, '200', 'a', 'x'],
    ],
  ],
  [
    'in fixed minutes a refusal is forgotten with its minute',
    { quotas: { requestsPerMinute: 1, refusedRequestsCount: true } },
    [
      [59_000, 3, '200 429 429'],
      [60_000, 1, '200'],
    ],
  ],
  [
    'shared capacity holds its burst at once, and then its rate',
    { quotas: { sharedCapacity: { requestsPerSecond: 2, burst: 3 } } },
    [
      [0, 4, '200 200 200 429'],
      [499, 1, '429'],
      [500, 2, '200 429'],
      [1_600, 3, '200 200 429'],
      [60_000, 4, '200 200 200 429'],
    ],
  ],
  [
    'without a burst it holds what comes back in a second, and at least one request',
    {
      quotas: {
        perModel: {
          a: { sharedCapacity: { requestsPerSecond: 3 } },
          b: { sharedCapacity: { requestsPerSecond: 0.1 } },
        },
      },
    },
    [
      [0, 4, '200 200 200 429', 'a'],
      [0, 2, '200 429', 'b'],
      [9_999, 1, '429', 'b'],
      [10_000, 1, '200', 'b'],
    ],
  ],
  [
    // Ten times a tenth is less than one, as computers add.
    'asking often does not put off when it holds one again',
    { quotas: { sharedCapacity: { requestsPerSecond: 10, burst: 1 } } },
    [[0, 1, '200'], ...Array.from({ length: 9 }, (_, index): Row => [(index + 1) * 10, 1, '429']), [100, 1, '200']],
  ],
  [
    'what shared capacity refuses uses up no quota',
    { quotas: { requestsPerMinute: 2, sharedCapacity: { requestsPerSecond: 1 } } },
    [
      [0, 3, '200 429 429'],
      [1_000, 2, '200 429'],
    ],
  ],
];

describe('quotas in the course of time', () => {
  test.each(courses)('%s', async (_claim, options, rows) => {
    const run = started(options);
    for (const [atMs, count, expected, model, prompt] of rows) {
      run.advanceTo(atMs);
      expect([atMs, await statuses(run, count, model, prompt)]).toEqual([atMs, expected]);
    }
  });

  test('all projects share the shared capacity, and none the quotas', async () => {
    const { fetch: send } = started({ quotas: { requestsPerMinute: 2, sharedCapacity: { requestsPerSecond: 3 } } });
    const found: number[] = [];
    for (const key of ['one', 'one', 'one', 'two', 'two'])
      found.push(await statusOf('http://gemini.test', 'hi', { key, send }));
    expect(found).toEqual([200, 200, 429, 200, 429]);
  });

  test('shared capacity says nothing but that it is spent, and the ledger knows why', async () => {
    const run = started({ quotas: { sharedCapacity: { requestsPerSecond: 1 } } });
    await statuses(run, 1);
    const response = await ask('http://gemini.test', 'hi', { model: 'a', send: run.fetch });
    const { error } = (await response.json()) as { error: object };
    expect(error).toEqual({
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(/^Resource exhausted\. Please try again later\./),
    });
    expect(run.ledger.countBy('fault')).toEqual({ none: 1, 'shared-capacity': 1 });
    expect(run.ledger.countBy('billed')).toEqual({ done: 1, none: 1 });
  });

  test.each([
    ['fixed', { requestsPerMinute: 1 }, '30s', 30_000],
    ['rolling', { requestsPerMinute: 1, ...rolling }, '30s', 30_000],
    ['refused requests count', { requestsPerMinute: 1, refusedRequestsCount: true, ...rolling }, '60s', 60_000],
    ['of two a minute', { requestsPerMinute: 2, refusedRequestsCount: true, ...rolling }, '30s', 30_000],
  ])('the wait that is stated is true for the next request: %s', async (_name, quotas, wait, waitMs) => {
    const run = started({ quotas });
    await statuses(run, quotas.requestsPerMinute);
    run.advanceTo(30_000);
    expect(await stated(run)).toBe(wait);
    run.advanceTo(30_000 + waitMs);
    expect(await statuses(run, 1)).toBe('200');
  });
});

describe('setQuotas', () => {
  test('takes the place of the quotas at once, lets later changes come, and stays after a reset', async () => {
    const run = started({
      quotas: { requestsPerMinute: 9 },
      quotaChanges: [{ atMs: 5_000, quotas: { requestsPerMinute: 3 } }],
    });
    expect(await statuses(run, 2)).toBe('200 200');
    run.setQuotas({ requestsPerMinute: 2 });
    expect(await statuses(run, 1)).toBe('429');
    run.advanceTo(5_000);
    expect(await statuses(run, 2)).toBe('200 429');
    run.reset();
    expect(await statuses(run, 3)).toBe('200 200 429');
    run.advanceTo(10_000);
    expect(await statuses(run, 2)).toBe('200 429');
  });

  test('reaches a server that listens', async () => {
    const time = virtualTimeAt('2026-03-02T12:00:00Z');
    await using simulator = await startSimulator({
      runtime: time.runtime,
      quotas: { requestsPerMinute: 1 },
      quotaChanges: [{ atMs: 1_000, quotas: { perModel: { a: { requestsPerMinute: 4 } } } }],
    });
    const of = (model: string): Promise<number> => statusOf(simulator.url, 'hi', { model });
    expect([await of('a'), await of('a')]).toEqual([200, 429]);
    simulator.setQuotas({ requestsPerMinute: 2 });
    expect([await of('a'), await of('a')]).toEqual([200, 429]);
    time.advance(1_000);
    expect([await of('a'), await of('a'), await of('a'), await of('b')]).toEqual([200, 200, 429, 200]);
  });
});
