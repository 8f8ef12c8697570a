/** Calls that another model answers, and requests that are sent a second time, through the whole client in virtual time. */

import { describe, expect, it } from 'vitest';
import type { GeminiError, ResilienceEvent } from '../../index.ts';
import { herd, type VirtualBench, virtualBench } from './virtualGemini.ts';

const ask = (bench: VirtualBench, prompt = 'hello', more = {}) =>
  bench.runtime.settle(bench.gemini.callLlm(prompt, { model: 'first', ...more }));

describe('a fallback', () => {
  // what happens to the first model, the reason, how many requests it is asked
  const rows: [string, object, string, number][] = [
    ['a spent day', { quotas: { perModel: { first: { requestsPerDay: 0 } } } }, 'quota-zero-limit', 1],
    [
      'an overload, after its retries',
      { script: [{ fault: '503', times: 99, when: { model: 'first' } }] },
      'overloaded',
      4,
    ],
    ['a model that is not there', { models: ['second'] }, 'model-not-found', 1],
  ];
  it.each(rows)(
    '%s: another model answers, and the result and an event say so',
    async (_name, simulated, because, asked) => {
      const events: ResilienceEvent[] = [];
      const bench = virtualBench(simulated, { fallbacks: ['second'], onEvent: event => events.push(event) });
      const result = await ask(bench);
      expect(result.fallback).toEqual({ from: 'first', to: 'second', because });
      const models = bench.service.ledger.requests.map(({ model }) => model);
      expect(models).toEqual([...Array<string>(asked).fill('first'), 'second']);
      expect(result.attempts).toHaveLength(asked + 1);
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'fallback', from: 'first', to: 'second', because }),
      );
    },
  );

  it('of a stream', async () => {
    const bench = virtualBench({ models: ['second'] }, { fallbacks: ['second'] });
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of bench.gemini.callLlmStream('hello', { model: 'first' })) {
        text += chunk.text;
        expect(chunk.fallback?.to).toBe('second');
      }
    };
    await bench.runtime.settle(read());
    expect(text).toContain('hello');
  });

  it('once a day is spent, the whole herd goes there without asking', async () => {
    const bench = virtualBench({ quotas: { perModel: { first: { requestsPerDay: 0 } } } }, { fallbacks: ['second'] });
    const went = await herd(bench, 50, { model: () => 'first' });
    expect(went).toMatchObject({ answered: 50, rejected: 1, requests: 51 });
  });

  it('with another key: to the same address, with a quota of its own', async () => {
    const keys = { 'test-key': 1, 'second-key': 2 };
    const bench = virtualBench(
      { quotas: { requestsPerDay: 3 }, apiKeys: Object.keys(keys) },
      { fallbacks: [{ apiKey: 'second-key' }] },
    );
    const went = await herd(bench, 10, { model: () => 'first' });
    expect(went.answered).toBe(6);
    expect(Object.values(bench.service.ledger.countBy('keyFingerprint'))).toHaveLength(2);
    expect(JSON.stringify(went.errors)).not.toContain('second-key');
  });

  it('is not for other failures, nor for gemini.sdk, nor for what is bound to the first model', async () => {
    const failing = { script: [{ fault: '400' as const, times: 99 }] };
    const bad = virtualBench(failing, { fallbacks: ['second'] });
    await expect(ask(bad)).rejects.toMatchObject({ failure: { reason: 'invalid-argument' } });
    const bench = virtualBench({ models: ['second'] }, { fallbacks: ['second'] });
    const sdk = bench.gemini.sdk.models.generateContent({ model: 'first', contents: 'hello' });
    await expect(bench.runtime.settle(sdk)).rejects.toMatchObject({ status: 404 });
    const cached = ask(bench, 'hello', { config: { cachedContent: 'cachedContents/1' } });
    await expect(cached).rejects.toMatchObject({ failure: { reason: 'model-not-found' } });
    expect(bench.service.ledger.requests.every(({ model }) => model === 'first')).toBe(true);
  });

  it('where all fail, the first failure is told, and the earliest time to come back', async () => {
    const bench = virtualBench(
      {
        quotas: { perModel: { first: { requestsPerDay: 0 } } },
        script: [{ fault: '403', times: 9, when: { model: 'second' } }],
      },
      { fallbacks: ['second'] },
    );
    const error = (await ask(bench).catch((caught: unknown) => caught)) as GeminiError;
    expect(error.failure.reason).toBe('quota-zero-limit');
    expect(error.attempts).toHaveLength(2);
  });
});

describe('hedging', () => {
  const slowOnce = { script: [{ fault: 'stall-before-headers' as const, lastsMs: 20_000 }] };

  it('sends a second request after the time that was set, and ends the slower one', async () => {
    const events: string[] = [];
    const bench = virtualBench(slowOnce, { hedgeAfterMs: 2_000, onEvent: ({ type }) => events.push(type) });
    const startMs = bench.runtime.now();
    const { text } = await ask(bench);
    expect(text).toContain('hello');
    expect(bench.runtime.now() - startMs).toBe(2_200);
    expect(events).toContain('hedge');
    const [slow, fast] = bench.service.ledger.requests;
    expect([slow?.closedByClient, fast?.completed, bench.service.ledger.requests.length]).toEqual([true, true, 2]);
  });

  it('is off by default, and not needed where the answer comes in time', async () => {
    const off = virtualBench(slowOnce);
    await ask(off);
    const on = virtualBench({}, { hedgeAfterMs: 2_000 });
    await ask(on);
    expect([off, on].map(({ service }) => service.ledger.requests.length)).toEqual([1, 1]);
  });

  it('takes nothing from a quota that has no room to spare', async () => {
    const bench = virtualBench(slowOnce, { hedgeAfterMs: 2_000, quota: { requestsPerMinute: 3, strict: true } });
    await ask(bench);
    expect(bench.service.ledger.requests).toHaveLength(1);
  });

  it('an abort ends both', async () => {
    const bench = virtualBench({ script: [{ fault: 'stall-before-headers', times: 9 }] }, { hedgeAfterMs: 1_000 });
    const controller = new AbortController();
    bench.runtime.setTimer(3_000, () => controller.abort('enough'));
    await expect(ask(bench, 'hello', { signal: controller.signal })).rejects.toBe('enough');
    expect(bench.service.ledger.requests.map(({ closedByClient }) => closedByClient)).toEqual([true, true]);
  });

  it('where both fail, the failure is answered by its strategy', async () => {
    const script = [
      { fault: 'stall-before-headers' as const, lastsMs: 3_000 },
      { fault: '503' as const, times: 1 },
    ];
    const bench = virtualBench({ script }, { hedgeAfterMs: 1_000 });
    expect((await ask(bench)).text).toContain('hello');
  });

  it('leaves no place taken, whichever of the two fails', async () => {
    const script = [
      { fault: '503' as const, afterMs: 3_000 },
      { fault: 'ok' as const, afterMs: 4_000 },
      { fault: 'ok' as const, afterMs: 3_000 },
      { fault: '503' as const, afterMs: 500 },
    ];
    const bench = virtualBench({ script }, { hedgeAfterMs: 1_000, concurrency: { maxConcurrency: 2 } });
    for (let call = 0; call < 2; call += 1) expect((await ask(bench, `question ${call}`)).text).toContain('question');
    // Both places are there: two calls are under way at once.
    const startMs = bench.runtime.now();
    await bench.runtime.settle(Promise.all([bench.gemini.callLlm('a'), bench.gemini.callLlm('b')]));
    expect(bench.runtime.now() - startMs).toBeLessThanOrEqual(500);
  });
});
