import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SimulatorOptionError, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';

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
  ['a fault', { script: ['ok', '5o3'] }, 'script[1].fault is "5o3"; allowed: one of 87 names, the nearest being 503'],
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
    'script[0].when.operation is "generate"; allowed: one of 26 names, the nearest being generateContent',
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
  ['a window', { quotas: { window: 'sliding' } }, 'quotas.window is "sliding"; allowed: one of fixed, rolling.'],
];

describe('wrong options stop the start with field, value and range', () => {
  test.each(rows)('%s', async (_field, options, message) => {
    const error: unknown = await startSimulator(options as SimulatorOptions).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SimulatorOptionError);
    expect((error as Error).message).toContain(message);
  });
});

test('enqueue and setWeather check as well', async () => {
  await using simulator = await startSimulator();
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
