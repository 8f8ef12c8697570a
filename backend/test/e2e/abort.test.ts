import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { GeminiCore } from '../../index.ts';
import { until } from '../simulator/ask.ts';
import { bench } from './geminiClient.ts';

const reason = { why: 'the user went away' };

/** A tool of the user's own, which the official client runs between two requests. */
const slowTool = (whileRunning: () => Promise<void>) => ({
  tool: async () => ({ functionDeclarations: [{ name: 'lookUp', description: 'Looks something up.' }] }),
  callTool: async () => {
    await whileRunning();
    return [{ functionResponse: { name: 'lookUp', response: { found: 42 } } }];
  },
});

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

describe('an abort rejects at once with the caller’s own reason, and no request follows', () => {
  it('before anything is sent', async () => {
    await using at = await bench();
    const signal = AbortSignal.abort(reason);
    await expect(at.gemini.callLlm('hello', { signal })).rejects.toBe(reason);
    await expect(at.gemini.callLlmStream('hello', { signal }).next()).rejects.toBe(reason);
    expect(at.simulator.ledger.requests).toHaveLength(0);
  });

  it.each(['stall-before-headers', 'stall-before-body', 'stall-mid-body'] as const)('in flight: %s', async fault => {
    await using at = await bench({ script: [{ fault, times: Number.POSITIVE_INFINITY }] });
    const controller = new AbortController();
    const call = at.gemini.callLlm('hello', { signal: controller.signal });
    await until(() => at.simulator.ledger.requests.length === 1);
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await until(() => at.simulator.ledger.requests[0]?.closedByClient === true);
    expect(at.simulator.ledger.requests).toHaveLength(1);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('in backoff', async () => {
    await using at = await bench({ script: [{ fault: '503', times: Number.POSITIVE_INFINITY }] });
    const controller = new AbortController();
    const gemini = at.client({ runtime: {} });
    const call = gemini.callLlm('hello', { signal: controller.signal, retry: { jitter: 'none' } });
    await until(() => at.simulator.ledger.requests.length === 1 && at.simulator.ledger.requests[0]?.completed === true);
    await pause(20);
    const startMs = performance.now();
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(200);
    await pause(50);
    expect(at.simulator.ledger.requests).toHaveLength(1);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('in the middle of a stream', async () => {
    await using at = await bench({ script: [{ fault: 'stall-mid-body', times: Number.POSITIVE_INFINITY }] });
    const controller = new AbortController();
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of at.gemini.callLlmStream('a long story', { signal: controller.signal }))
        text += chunk.text;
    };
    const reading = read();
    await until(() => text !== '');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await until(() => at.simulator.openSockets === 0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('through a signal in the request’s or the option’s config', async () => {
    await using at = await bench({ script: [{ fault: 'stall-before-headers', times: 9 }] });
    for (const place of ['request', 'options']) {
      const controller = new AbortController();
      const config = { abortSignal: controller.signal };
      const request = { contents: 'hello', ...(place === 'request' && { config }) };
      const options = { config: place === 'options' ? config : { temperature: 0 } };
      const calls: Promise<unknown>[] = [
        at.gemini.callLlm(request, options),
        at.gemini.callLlmStream(request, options).next(),
      ];
      if (place === 'request') calls.push(at.gemini.countTokens(request));
      setTimeout(() => controller.abort(reason), 20);
      for (const call of calls) await expect(call).rejects.toBe(reason);
    }
  });

  it('while a tool of a streamed call runs', async () => {
    await using at = await bench({ callFunctions: 'always' });
    const controller = new AbortController();
    const tools = [slowTool(() => pause(2_000))];
    const read = async (): Promise<void> => {
      for await (const _chunk of at.gemini.callLlmStream('use the tool', {
        signal: controller.signal,
        config: { tools },
      })) {
        // Only the end matters.
      }
    };
    setTimeout(() => controller.abort(reason), 60);
    const startMs = performance.now();
    await expect(read()).rejects.toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it('between two pieces that have come already', async () => {
    await using at = await bench({ answer: () => 'word '.repeat(60) });
    const controller = new AbortController();
    let pieces = 0;
    const read = async (): Promise<void> => {
      for await (const _chunk of at.gemini.callLlmStream('a story', { signal: controller.signal })) {
        pieces += 1;
        controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
    expect(pieces).toBe(1);
  });

  it('while a tool runs, and in a tool loop’s second exchange', async () => {
    await using at = await bench({ callFunctions: 'always' });
    const duringTool = new AbortController();
    const running = slowTool(async () => {
      duringTool.abort(reason);
      await pause(60);
    });
    const first = at.gemini.callLlm('use the tool', { signal: duringTool.signal, config: { tools: [running] } });
    await expect(first).rejects.toBe(reason);
    await pause(120);
    expect(at.simulator.ledger.requests).toHaveLength(1);

    at.simulator.reset();
    at.simulator.enqueue('ok', { fault: 'stall-before-headers', times: 9 });
    const inSecond = new AbortController();
    const config = { tools: [slowTool(async () => {})] };
    const second = at.gemini.callLlm('use the tool', { signal: inSecond.signal, config });
    await until(() => at.simulator.ledger.requests.length === 2);
    inSecond.abort(reason);
    await expect(second).rejects.toBe(reason);
    await pause(30);
    expect(at.simulator.ledger.requests).toHaveLength(2);
  });

  it('on a stream’s later hop, where the official client would reconnect', async () => {
    await using at = await bench({ script: [{ fault: 'continuation', hops: 3 }] });
    at.simulator.enqueue({ fault: 'stall-before-headers', times: 9 });
    const controller = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _chunk of at.gemini.callLlmStream('a long story', { signal: controller.signal })) {
        // Only the end matters.
      }
    };
    const reading = read();
    await until(() => at.simulator.ledger.requests.length === 2);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await pause(30);
    expect(at.simulator.ledger.requests).toHaveLength(2);
  });

  it('through gemini.sdk', async () => {
    await using at = await bench({ script: [{ fault: 'stall-before-headers', times: Number.POSITIVE_INFINITY }] });
    const controller = new AbortController();
    const config = { abortSignal: controller.signal };
    const calls = [
      at.gemini.sdk.models.generateContent({ model: 'm', contents: 'hello', config }),
      at.gemini.sdk.models.countTokens({ model: 'm', contents: 'hello', config }),
      at.gemini.sdk.chats.create({ model: 'm' }).sendMessage({ message: 'hello', config }),
    ];
    await until(() => at.simulator.ledger.requests.length === 3);
    controller.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
    await pause(30);
    expect(at.simulator.ledger.requests).toHaveLength(3);
  });
});

describe('nothing is left behind', () => {
  it('20,000 calls with one signal leave no listener on it', async () => {
    const body = { candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }] };
    const fetch = async (): Promise<Response> => Response.json(body);
    const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, httpOptions: { fetch } });
    const { signal } = new AbortController();
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 500 }, (_, index) => [
        gemini.callLlm(`prompt ${index}`, { signal }),
        gemini.sdk.models.generateContent({ model: 'm', contents: 'x', config: { abortSignal: signal } }),
      ]);
      await Promise.all(calls.flat());
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('breaking out of a stream closes its socket', async () => {
    await using at = await bench({ chunkGapMs: 5, answer: () => 'word '.repeat(2_000) });
    for await (const _chunk of at.gemini.callLlmStream('a long story')) break;
    await until(() => at.simulator.openSockets === 0);
    const iterator = at.gemini.callLlmStream('another')[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await until(() => at.simulator.openSockets === 0);
    const failing = async (): Promise<void> => {
      for await (const _chunk of at.gemini.callLlmStream('a third')) throw new Error('the consumer failed');
    };
    await expect(failing()).rejects.toThrow('the consumer failed');
    await until(() => at.simulator.openSockets === 0);
    for await (const _chunk of await at.gemini.sdk.models.generateContentStream({ model: 'm', contents: 'a fourth' }))
      break;
    await until(() => at.simulator.openSockets === 0);
  });

  it('a stream that is never iterated sends nothing', async () => {
    await using at = await bench();
    at.gemini.callLlmStream('hello');
    await pause(20);
    expect(at.simulator.ledger.requests).toHaveLength(0);
  });
});
