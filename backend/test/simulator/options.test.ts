import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SimulatorOptionError, type SimulatorOptions, simulatedFetch, startSimulator } from '../../simulator/index.ts';

/** The field as it is written, the options as someone without types may give them, the message. */
const rows: readonly (readonly [string, object, string])[] = [
  ['port', { port: 70_000 }, 'port is 70000; allowed: a whole number from 0 to 65535.'],
  [
    'a misspelt option',
    { latency: 5 },
    'latency is 5; allowed: no field of this name; known are port, apiKeys, models, answer,',
  ],
  ['latencyMs', { latencyMs: -1 }, 'latencyMs is -1; allowed: a number from 0 to 3600000.'],
  ['chunkCharacters', { chunkCharacters: 0 }, 'chunkCharacters is 0; allowed: a whole number from 1 to 1000000.'],
  ['callFunctions', { callFunctions: 'maybe' }, 'callFunctions is "maybe"; allowed: one of asked, always, never.'],
  ['apiKeys', { apiKeys: [''] }, 'apiKeys[0] is ""; allowed: a text that is not empty.'],
  ['a fault', { script: ['ok', '5o3'] }, 'script[1].fault is "5o3"; allowed: one of 92 names, the nearest being 503'],
  ['a step without fault', { script: [{ times: 2 }] }, 'script[0].fault is undefined; allowed: a fault name or ok.'],
  [
    'times',
    { script: [{ fault: '503', times: 0 }] },
    'script[0].times is 0; allowed: a whole number from 1 to 1000000.',
  ],
  [
    'a condition',
    { script: [{ fault: '503', when: { prompts: 'x' } }] },
    'script[0].when.prompts is "x"; allowed: no field of this name; known are operation, model, prompt, nth.',
  ],
  [
    'an operation',
    { script: [{ fault: '503', when: { operation: 'generate' } }] },
    'script[0].when.operation is "generate"; allowed: one of 33 names, the nearest being generateContent',
  ],
  ['a rate', { weather: { rates: { '503': 1.5 } } }, "weather.rates['503'] is 1.5; allowed: a number from 0 to 1."],
  [
    'all rates',
    { weather: { rates: { '503': 0.6, '500': 0.6 } } },
    'the sum of weather.rates is 1.2; allowed: a number from 0 to 1.',
  ],
  [
    'a seed',
    { weather: { seed: 0.5, rates: {} } },
    'weather.seed is 0.5; allowed: a whole number from 0 to 4294967295.',
  ],
  [
    'an outage',
    { outages: [{ fromMs: 9, toMs: 9, fault: '503' }] },
    'outages[0].toMs is 9; allowed: a number above fromMs, 9.',
  ],
  [
    'a quota',
    { quotas: { requestsPerMinute: -1 } },
    'quotas.requestsPerMinute is -1; allowed: a whole number from 0 to 1000000000.',
  ],
  [
    'a misspelt quota',
    { quotas: { rpm: 5 } },
    'quotas.rpm is 5; allowed: no field of this name; known are requestsPerMinute, inputTokensPerMinute, requestsPerDay, window, refusedRequestsCount, sharedCapacity, perModel, default.',
  ],
  ['no quotas', { quotas: null }, 'quotas is null; allowed: an object.'],
  [
    'the quotas of a model',
    { quotas: { perModel: { 'gemini-2.5-pro': { requestsPerMinute: 0.5 } } } },
    "quotas.perModel['gemini-2.5-pro'].requestsPerMinute is 0.5; allowed: a whole number from 0 to 1000000000.",
  ],
  [
    'quotas for all beside those of a model',
    { quotas: { perModel: {}, requestsPerMinute: 5 } },
    'quotas.requestsPerMinute is 5; allowed: no field of this name; known are perModel, default.',
  ],
  [
    'the quotas of the other models',
    { quotas: { perModel: {}, default: { window: 'sliding' } } },
    'quotas.default.window is "sliding"; allowed: one of fixed, rolling.',
  ],
  [
    'whether refused requests count',
    { quotas: { refusedRequestsCount: 'yes' } },
    'quotas.refusedRequestsCount is "yes"; allowed: true or false.',
  ],
  [
    'a shared capacity',
    { quotas: { sharedCapacity: { requestsPerSecond: -1 } } },
    'quotas.sharedCapacity.requestsPerSecond is -1; allowed: a number from 0 to 1000000.',
  ],
  [
    'a shared capacity without a rate',
    { quotas: { sharedCapacity: { burst: 3 } } },
    'quotas.sharedCapacity.requestsPerSecond is undefined; allowed: a number from 0 to 1000000.',
  ],
  [
    'a burst',
    { quotas: { sharedCapacity: { requestsPerSecond: 1, burst: 0 } } },
    'quotas.sharedCapacity.burst is 0; allowed: a whole number from 1 to 1000000000.',
  ],
  [
    'the time of a change',
    { quotaChanges: [{ atMs: -5, quotas: {} }] },
    'quotaChanges[0].atMs is -5; allowed: a number from 0 to 9007199254740991.',
  ],
  [
    'the quotas of a change',
    { quotaChanges: [{ atMs: 5, quotas: { requestsPerDay: -1 } }] },
    'quotaChanges[0].quotas.requestsPerDay is -1; allowed: a whole number from 0 to 1000000000.',
  ],
  [
    'a change without quotas',
    { quotaChanges: [{ atMs: 5 }] },
    'quotaChanges[0].quotas is undefined; allowed: an object.',
  ],
  [
    'a capacity',
    { capacity: { requestsPerSecond: 0 } },
    'capacity.requestsPerSecond is 0; allowed: a number from 0.001 to 1000000.',
  ],
  [
    'a queue',
    { capacity: { requestsPerSecond: 1, queueMs: -1 } },
    'capacity.queueMs is -1; allowed: a number from 0 to',
  ],
  [
    'the cost of refusals',
    { capacity: { requestsPerSecond: 1, refusalCost: 101 } },
    'capacity.refusalCost is 101; allowed: a number from 0 to 100.',
  ],
  [
    'a misspelt part of the capacity',
    { capacity: { requestsPerSecond: 1, queue: 9 } },
    'capacity.queue is 9; allowed: no field of this name; known are requestsPerSecond, queueMs, refusalCost.',
  ],
  ['a window', { quotas: { window: 'sliding' } }, 'quotas.window is "sliding"; allowed: one of fixed, rolling.'],
];

describe('wrong options stop the start with field, value and range', () => {
  test.each(rows)('%s', async (_field, options, message) => {
    const error: unknown = await startSimulator(options as SimulatorOptions).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SimulatorOptionError);
    expect((error as Error).message).toContain(message);
  });
});

test('a simulator that is called checks its options as well, and has no port', () => {
  expect(() => simulatedFetch({ latencyMs: -1 })).toThrow('latencyMs is -1; allowed: a number from 0 to 3600000.');
  const withPort: object = { port: 80 };
  expect(() => simulatedFetch(withPort)).toThrow('port is 80; allowed: no port, because there is no socket.');
});

test('enqueue, setWeather and setQuotas check as well', async () => {
  await using simulator = await startSimulator();
  expect(() => simulator.setQuotas({ requestsPerMinute: -1 })).toThrow(
    'quotas.requestsPerMinute is -1; allowed: a whole number from 0 to 1000000000.',
  );
  expect(() => simulator.enqueue({ fault: '503', hops: 0 })).toThrow(
    'hops is 0; allowed: a whole number from 1 to 1000.',
  );
  expect(() => simulator.setWeather({ rates: { '503': 2 } })).toThrow(SimulatorOptionError);
});

test('a port that is taken rejects, and so is known', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  other.close();
});
