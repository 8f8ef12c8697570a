import { describe, expect, it } from 'vitest';
import { nextPacificMidnight } from '../../gemini/pacificMidnight.ts';
import { GeminiCore } from '../../index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { bench } from './geminiClient.ts';

/** A fetch that never answers, and notices when it is given up. */
function hanging() {
  const given: AbortSignal[] = [];
  const fetch: typeof globalThis.fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      const { signal } = init ?? {};
      if (!signal) return;
      given.push(signal);
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  return { fetch, given };
}

describe('limits', () => {
  it('a stated wait of 34 s with a deadline of 20 s fails at once, after one request, and says when to come back', async () => {
    await using at = await bench(
      { script: [{ fault: '429', times: 9, retryDelayMs: 34_400 }] },
      { deadlineMs: 20_000 },
    );
    const beforeMs = Date.now();
    const error = await at.gemini.callLlm('hello').catch((caught: unknown) => caught);
    expect(Date.now() - beforeMs).toBeLessThan(1_000);
    expect(error).toMatchObject({
      failure: { reason: 'quota-per-minute', refusedBy: 'deadline', retryAfterMs: 34_400 },
    });
    expect((error as { retryAt: Date }).retryAt.getTime() - beforeMs).toBeGreaterThanOrEqual(34_400);
    expect(at.simulator.ledger.requests).toHaveLength(1);
  });

  it('a spent daily quota is one request', async () => {
    await using at = await bench({ quotas: { requestsPerDay: 1 } });
    await at.gemini.callLlm('the first');
    const error = await at.gemini.callLlm('the second').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ failure: { reason: 'quota-per-day', retryable: false } });
    expect((error as { retryAt: Date }).retryAt.getTime()).toBe(nextPacificMidnight(Date.now()));
    expect(at.simulator.ledger.requests).toHaveLength(2);
  });

  it('a quota that is zero has no time to come back at, although the server states a wait', async () => {
    await using at = await bench({ script: ['429-zero-limit'] });
    const error = await at.gemini.callLlm('hello').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ failure: { reason: 'quota-zero-limit', retryAfterMs: expect.any(Number) } });
    expect(error).not.toHaveProperty('retryAt');
  });

  it('a call that hangs ends: each attempt after 300 s, all after 600 s', async () => {
    const runtime = new VirtualRuntime();
    const { fetch, given } = hanging();
    const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, runtime, httpOptions: { fetch } });
    const startMs = runtime.now();
    const error = await runtime.settle(gemini.callLlm('hello').catch((caught: unknown) => caught));
    expect(error).toMatchObject({ failure: { errorClass: 'network', reason: 'timeout' }, attempts: { length: 2 } });
    expect(runtime.now() - startMs).toBe(600_000);
    expect(given.every(({ aborted }) => aborted)).toBe(true);
    expect(runtime.waiting).toBe(0);
  });

  it('a stream that says nothing ends after 120 s an attempt', async () => {
    const runtime = new VirtualRuntime();
    const { fetch, given } = hanging();
    const gemini = new GeminiCore({
      apiKey: 'test-key',
      environment: {},
      runtime,
      httpOptions: { fetch },
      retry: { maxRetries: 0 },
    });
    const startMs = runtime.now();
    const error = await runtime.settle(
      gemini
        .callLlmStream('hello')
        .next()
        .catch((caught: unknown) => caught),
    );
    expect(error).toMatchObject({
      failure: { reason: 'timeout', message: expect.stringContaining('firstChunkTimeoutMs') },
    });
    expect([runtime.now() - startMs, given.length]).toEqual([120_000, 1]);
  });

  it('a stream that produces is bounded by its idle limit only', async () => {
    await using at = await bench(
      { chunkGapMs: 20, answer: () => 'word '.repeat(100) },
      { deadlineMs: 150, idleTimeoutMs: 1_000 },
    );
    let text = '';
    for await (const chunk of at.gemini.callLlmStream('a long story')) text += chunk.text;
    expect(text.length).toBe(500);
  });

  it('a consumer that takes its time does not trip the idle limit', async () => {
    await using at = await bench({ answer: () => 'word '.repeat(40) }, { idleTimeoutMs: 300 });
    let chunks = 0;
    for await (const _chunk of at.gemini.callLlmStream('a long story')) {
      chunks += 1;
      await new Promise(resolve => setTimeout(resolve, chunks === 2 ? 600 : 0));
    }
    expect(chunks).toBeGreaterThan(3);
  });

  it('a total limit ends also a stream that produces', async () => {
    await using at = await bench({ chunkGapMs: 20, answer: () => 'word '.repeat(400) }, { totalTimeoutMs: 120 });
    const read = async (): Promise<void> => {
      for await (const _chunk of at.gemini.callLlmStream('a long story')) {
        // Only the end matters.
      }
    };
    await expect(read()).rejects.toMatchObject({
      failure: { reason: 'timeout', message: expect.stringContaining('totalTimeoutMs') },
      partialText: expect.stringContaining('word'),
    });
  });

  it('the server is told how long it has, as the official client would tell it', async () => {
    await using at = await bench();
    await at.gemini.callLlm('hello');
    await at.gemini.callLlm('hello', { attemptTimeoutMs: 20_500 });
    for await (const _chunk of at.gemini.callLlmStream('hello')) {
      // A stream may take as long as it produces.
    }
    expect(at.simulator.ledger.requests.map(({ headers }) => headers['x-server-timeout'])).toEqual([
      '300',
      '21',
      undefined,
    ]);
  });

  it('the timeout of the official client’s own settings is meant for an attempt, and its retries stay off', async () => {
    await using at = await bench({ script: [{ fault: 'stall-before-headers', times: 9 }] });
    const httpOptions = { baseUrl: at.simulator.url, timeout: 60, retryOptions: { attempts: 5 } };
    const gemini = at.client({ httpOptions, retry: { maxRetries: 1 } });
    await expect(gemini.callLlm('hello')).rejects.toMatchObject({ failure: { reason: 'timeout' } });
    expect(at.simulator.ledger.requests).toHaveLength(2);
  });

  it('the platform’s own limits of 300 s are switched off, for whole answers and for streams', async () => {
    await using at = await bench();
    const key = Symbol.for('undici.globalDispatcher.1');
    const original = Reflect.get(globalThis, key);
    const seen: unknown[] = [];
    const spy = {
      dispatch(options: { headersTimeout?: number; bodyTimeout?: number }, handler: unknown) {
        seen.push([options.headersTimeout, options.bodyTimeout]);
        return original.dispatch(options, handler);
      },
    };
    Reflect.set(globalThis, key, spy);
    try {
      await at.gemini.callLlm('hello');
      for await (const _chunk of at.gemini.callLlmStream('hello')) break;
      await at.gemini.sdk.models.countTokens({ model: 'm', contents: 'hello' });
    } finally {
      Reflect.set(globalThis, key, original);
    }
    expect(seen).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it('a user’s own fetch is kept as the transport', async () => {
    await using at = await bench({ script: ['503'] });
    const urls: string[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      urls.push(String(input));
      return globalThis.fetch(input, init);
    };
    const gemini = at.client({ httpOptions: { baseUrl: at.simulator.url, fetch } });
    await gemini.callLlm('hello');
    expect(urls).toHaveLength(2);
  });
});

describe('many calls at once', () => {
  it('a thousand, half of whose first attempts fail, are all answered, each with its own answer', async () => {
    const rates = { '503': 0.3, 'reset-before-headers': 0.1, 'fin-mid-body': 0.1 } as const;
    // Half of all attempts would be taken for an outage, and waited out.
    const patient = { concurrency: false, retryBudget: false, breaker: false } as const;
    await using at = await bench({ weather: { seed: 7, rates }, answer: prompt => `answer to ${prompt}` }, patient);
    const numbers = Array.from({ length: 1_000 }, (_, index) => index);
    const retry = { maxRetries: 9 };
    const texts = await Promise.all(
      numbers.map(async index => (await at.gemini.callLlm(`question ${index}`, { retry })).text),
    );
    expect(texts).toEqual(numbers.map(index => `answer to question ${index}`));
  });
});
