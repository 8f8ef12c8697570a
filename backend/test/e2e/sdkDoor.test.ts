import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { GeminiError } from '../../index.ts';
import { bench } from './geminiClient.ts';

describe('gemini.sdk is the official client on the same seam', () => {
  it('runs a chat’s tool once, although the request after it fails once', async () => {
    await using at = await bench({ callFunctions: 'always', script: ['ok', '503', 'ok'] });
    let ran = 0;
    const lookUp = {
      tool: async () => ({ functionDeclarations: [{ name: 'lookUp', description: 'Looks something up.' }] }),
      callTool: async () => {
        ran += 1;
        return [{ functionResponse: { name: 'lookUp', response: { found: 42 } } }];
      },
    };
    const chat = at.gemini.sdk.chats.create({ model: 'gemini-2.5-flash', config: { tools: [lookUp] } });
    const response = await chat.sendMessage({ message: 'Use the tool.' });
    expect(response.text).toBeTruthy();
    expect(ran).toBe(1);
    expect(at.simulator.ledger.requests.map(({ status }) => status)).toEqual([200, 503, 200]);
  });

  it('throws the errors that its users know, after our retries', async () => {
    await using at = await bench({ script: [{ fault: '503', times: 9 }] });
    const call = at.gemini.sdk.models.generateContent({ model: 'm', contents: 'hello' });
    await expect(call).rejects.toMatchObject({
      name: 'ApiError',
      status: 503,
      message: expect.stringContaining('overloaded'),
    });
    expect(at.simulator.ledger.requests).toHaveLength(4);
  });

  const statuses = [
    ['an error inside a 200', '200-error-body', 503],
    ['an error with an empty body that claims to be JSON', '503-json-empty', 503],
    ['an error page that claims to be JSON', '503-json-html', 503],
  ] as const;
  it.each(statuses)('gives %s its real status', async (_name, fault, status) => {
    await using at = await bench({ script: [{ fault, times: 9 }] });
    const call = at.gemini.sdk.models.generateContent({ model: 'm', contents: 'hello' });
    await expect(call).rejects.toMatchObject({ name: 'ApiError', status });
  });

  it('returns blocked and empty results as they are', async () => {
    await using at = await bench({ script: ['blocked-prompt', 'no-candidates'] });
    const blocked = await at.gemini.sdk.models.generateContent({ model: 'm', contents: 'hello' });
    expect(blocked.promptFeedback?.blockReason).toBeDefined();
    const empty = await at.gemini.sdk.models.generateContent({ model: 'm', contents: 'hello' });
    expect(empty.candidates).toBeUndefined();
    expect(at.simulator.ledger.requests).toHaveLength(2);
  });

  it('retries a page, not the pages before it', async () => {
    const models = Array.from({ length: 5 }, (_, index) => `model-${index}`);
    await using at = await bench({ models, script: ['ok', '503', 'ok', 'reset-mid-body', 'ok'] });
    const names: string[] = [];
    for await (const model of await at.gemini.sdk.models.list({ config: { pageSize: 2 } }))
      names.push(model.name ?? '');
    expect(names).toHaveLength(5);
    expect(at.simulator.ledger.requests).toHaveLength(5);
  });
});

describe('the caller’s own signal and parameters', () => {
  it('have no listener left on them, whatever the method', async () => {
    await using at = await bench();
    const { signal } = new AbortController();
    const config = Object.freeze({ abortSignal: signal });
    const { models, chats } = at.gemini.sdk;
    await models.countTokens({ model: 'm', contents: 'x', config });
    await models.embedContent(Object.freeze({ model: 'gemini-embedding-2', contents: 'x', config }));
    for await (const _model of await models.list({ config })) break;
    await chats.create({ model: 'm' }).sendMessage({ message: 'x', config });
    for await (const _chunk of await models.generateContentStream({ model: 'm', contents: 'x', config })) {
      // To the end.
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('end a stream in its middle with the caller’s reason', async () => {
    await using at = await bench({ script: [{ fault: 'stall-mid-body', times: 9 }] });
    const controller = new AbortController();
    const config = { abortSignal: controller.signal };
    const read = async (): Promise<void> => {
      for await (const _chunk of await at.gemini.sdk.models.generateContentStream({
        model: 'm',
        contents: 'a story',
        config,
      })) {
        controller.abort('enough');
      }
    };
    await expect(read()).rejects.toBe('enough');
  });

  it('a stream that is reset ends in the platform’s own error', async () => {
    await using at = await bench({ script: ['fin-mid-chunked'] });
    const read = async (): Promise<void> => {
      for await (const _chunk of await at.gemini.sdk.models.generateContentStream({
        model: 'm',
        contents: 'a story',
      })) {
        // Only the end matters.
      }
    };
    await expect(read()).rejects.toMatchObject({
      name: 'TypeError',
      message: 'terminated',
      cause: { code: 'UND_ERR_SOCKET' },
    });
  });
});

describe('the second stack of the official client', () => {
  const create = { model: 'gemini-2.5-flash', input: 'hello' } as const;

  it('has its own retries switched off: a rejected request is retried by us alone', async () => {
    await using at = await bench({ script: [{ fault: '503', times: 99 }] });
    const startMs = performance.now();
    await expect(at.gemini.sdk.interactions.create(create)).rejects.toMatchObject({ status: 503 });
    expect(at.simulator.ledger.requests).toHaveLength(4);
    expect(performance.now() - startMs).toBeLessThan(1_500);
  });

  it('keeps the retries that its user asks for', async () => {
    await using at = await bench({ script: [{ fault: '503', times: 99 }] }, { retry: { maxRetries: 0 } });
    const call = at.gemini.sdk.interactions.create(create, { maxRetries: 1 });
    await expect(call).rejects.toMatchObject({ status: 503 });
    expect(at.simulator.ledger.requests).toHaveLength(2);
  });

  it('answers', async () => {
    await using at = await bench({ script: ['503', 'ok'] });
    const interaction = await at.gemini.sdk.interactions.create(create);
    expect(interaction).toMatchObject({ id: expect.any(String) });
  });
});

describe('what creates something', () => {
  const creations = [
    [
      'a batch',
      (at: Awaited<ReturnType<typeof bench>>) =>
        at.gemini.sdk.batches.create({ model: 'm', src: [{ contents: 'hello' }] }),
    ],
    [
      'a cache',
      (at: Awaited<ReturnType<typeof bench>>) =>
        at.gemini.sdk.caches.create({ model: 'm', config: { contents: 'hello' } }),
    ],
    [
      'an interaction',
      (at: Awaited<ReturnType<typeof bench>>) => at.gemini.sdk.interactions.create({ model: 'm', input: 'hello' }),
    ],
    [
      'a file',
      (at: Awaited<ReturnType<typeof bench>>) =>
        at.gemini.sdk.files.upload({
          file: new Blob(['hello'], { type: 'text/plain' }),
          config: { mimeType: 'text/plain' },
        }),
    ],
  ] as const;

  it.each(creations)('%s: is not sent again after an ambiguous failure', async (_name, create) => {
    await using at = await bench({ script: [{ fault: 'reset-before-headers', work: 'done' }] });
    await expect(create(at)).rejects.toThrow();
    expect(at.simulator.ledger.requests).toHaveLength(1);
  });

  it.each(creations)('%s: is sent again after a rejection', async (_name, create) => {
    await using plain = await bench();
    await create(plain);
    await using at = await bench({ script: ['503'] });
    await create(at);
    expect(at.simulator.ledger.requests).toHaveLength(plain.simulator.ledger.requests.length + 1);
  });

  it('a deletion whose answer got lost, and that finds nothing the second time, has been done', async () => {
    await using at = await bench();
    const file = await at.gemini.sdk.files.upload({ file: new Blob(['x'], { type: 'text/plain' }) });
    at.simulator.enqueue({ fault: 'reset-before-headers', work: 'done' });
    await at.gemini.sdk.files.delete({ name: file.name ?? '' });
    expect(at.simulator.ledger.requests.at(-1)).toMatchObject({ method: 'DELETE', status: 403 });
  });
});

describe('makeApiCallWithRetry', () => {
  it('retries what its own sdk is asked, with the waits that the server states', async () => {
    const sleeps: number[] = [];
    const runtime = { random: () => 0.5, sleep: async (ms: number) => void sleeps.push(ms) };
    await using at = await bench({ script: [{ fault: '429-retry-after' }, '503'] }, { runtime });
    const text = await at.gemini.makeApiCallWithRetry(async ({ sdk }) => {
      const response = await sdk.models.generateContent({ model: 'm', contents: 'hello' });
      return response.text;
    });
    expect(text).toBeTruthy();
    expect(at.simulator.ledger.requests).toHaveLength(3);
    expect(sleeps[0]).toBeGreaterThanOrEqual(7_000);
  });

  it('never repeats a creation that may have been carried out', async () => {
    for (const fault of ['500', 'reset-before-headers'] as const) {
      await using at = await bench({ script: [{ fault, work: 'done', times: 9 }] });
      const create = ({ sdk }: { sdk: typeof at.gemini.sdk }): Promise<unknown> =>
        sdk.batches.create({ model: 'm', src: [{ contents: 'x' }] });
      const interact = ({ sdk }: { sdk: typeof at.gemini.sdk }): Promise<unknown> =>
        sdk.interactions.create({ model: 'm', input: 'x' });
      for (const work of [create, interact]) {
        await expect(at.gemini.makeApiCallWithRetry(work)).rejects.toMatchObject({
          failure: { delivery: 'ambiguous' },
        });
      }
      expect(at.simulator.ledger.requests).toHaveLength(2);
    }
  });

  it('shows no key that a server quotes to gemini.sdk inside it', async () => {
    const fetch = async (): Promise<Response> =>
      Response.json({ error: { code: 400, message: 'Key test-key-4711 is odd.' } }, { status: 400 });
    await using at = await bench();
    const gemini = at.client({ apiKey: 'test-key-4711', httpOptions: { fetch } });
    const call = () => gemini.sdk.models.generateContent({ model: 'm', contents: 'hello' });
    const error = await gemini.makeApiCallWithRetry(call).catch((caught: unknown) => caught);
    expect(JSON.stringify(error)).toContain('is odd');
    expect(JSON.stringify(error)).not.toContain('4711');
  });

  it('does not multiply the attempts of gemini.sdk or of callLlm inside it', async () => {
    await using at = await bench({ script: [{ fault: '503', times: 99 }] });
    const { gemini, simulator } = at;
    const calls: readonly (() => Promise<unknown>)[] = [
      () => gemini.sdk.models.generateContent({ model: 'm', contents: 'hello' }),
      () => gemini.sdk.chats.create({ model: 'm' }).sendMessage({ message: 'hello' }),
      () => gemini.sdk.models.list(),
      () => gemini.sdk.interactions.get('some-id'),
      () => gemini.callLlm('hello'),
    ];
    for (const call of calls) {
      const before = simulator.ledger.requests.length;
      await expect(gemini.makeApiCallWithRetry(call)).rejects.toMatchObject({ failure: { status: 503 } });
      expect(simulator.ledger.requests.length - before).toBe(4);
    }
  });

  it('ends a request that hangs when its attempt’s time is up', async () => {
    await using at = await bench({ script: ['stall-before-headers'] });
    const work = async ({ sdk }: { sdk: typeof at.gemini.sdk }) =>
      sdk.models.generateContent({ model: 'm', contents: 'x' });
    await at.gemini.makeApiCallWithRetry(work, { attemptTimeoutMs: 100 });
    expect(at.simulator.ledger.requests.map(({ closedByClient }) => closedByClient)).toEqual([true, false]);
  });

  it('takes any asynchronous work', async () => {
    await using at = await bench();
    let ran = 0;
    const value = await at.gemini.makeApiCallWithRetry(async () => {
      ran += 1;
      if (ran < 3)
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
      return 'done';
    });
    expect([value, ran]).toEqual(['done', 3]);
    await expect(at.gemini.makeApiCallWithRetry('no function' as never)).rejects.toMatchObject({
      failure: { reason: 'client-config' },
    } satisfies Partial<Record<keyof GeminiError, unknown>>);
  });
});
