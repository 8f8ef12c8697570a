import { describe, expect, it } from 'vitest';
import { openai } from '../../fetch.ts';
import { geminiBackend } from '../../gemini/geminiBackend.ts';
import {
  anthropicBackend,
  type BackendOptions,
  functionBackend,
  type HttpBackend,
  isAuthError,
  isProviderError,
  isRateLimitError,
  isServerError,
  ollamaBackend,
  openAiBackend,
  ProviderRegistry,
} from '../../providers/index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { startWireServer, type WireFault } from './wireServer.ts';
import { anthropicWire, geminiWire, ollamaWire, openAiWire, type Wire } from './wires.ts';

const retry = { baseDelayMs: 5, maxDelayMs: 20 };

//  name, backend, wire, path below the server's address
const backends: readonly (readonly [string, (options: BackendOptions) => HttpBackend, Wire, string])[] = [
  ['openai', openAiBackend, openAiWire, '/v1'],
  ['anthropic', anthropicBackend, anthropicWire, '/v1'],
  ['ollama', ollamaBackend, ollamaWire, '/api'],
  ['gemini', geminiBackend, geminiWire, '/v1beta'],
];

describe.each(backends)('%s', (name, backend, wire, path) => {
  const registryOf = (url: string) =>
    new ProviderRegistry({
      providers: { [name]: { backend: backend({ model: 'm', apiKey: 'test-key', baseUrl: `${url}${path}` }), retry } },
    });

  it.each<readonly [string, readonly WireFault[], number]>([
    ['at once', [], 1],
    ['after a refusal and a lost connection', ['overload', 'reset'], 3],
  ])('answers in the one shape %s', async (_title, script, requests) => {
    await using server = await startWireServer(wire, script);
    const result = await registryOf(server.url).completeWithRetry(name, {
      prompt: 'ping',
      maxOutputTokens: 9,
      temperature: 0,
    });
    expect(result).toMatchObject({
      text: 'pong',
      usage: { inputTokens: 3, outputTokens: 1 },
      provider: name,
      fellBack: [],
    });
    expect(result.attempts).toHaveLength(requests);
    expect(server.requests).toHaveLength(requests);
  });

  it('answers piece by piece', async () => {
    await using server = await startWireServer(wire, ['stream-error']);
    let text = '';
    for await (const piece of registryOf(server.url).stream(name, { prompt: 'ping' })) text += piece.text;
    expect(text).toBe('pong');
    expect(server.requests).toHaveLength(2);
  });

  it('a stream that is cut ends in the one error, after what came', async () => {
    await using server = await startWireServer(wire, ['stream-cut']);
    let text = '';
    const read = async (): Promise<void> => {
      for await (const piece of registryOf(server.url).stream(name, { prompt: 'ping' })) text += piece.text;
    };
    const error = await read().catch((caught: unknown) => caught);
    expect(text).toBe('po');
    expect(isProviderError(error) && error.failure.reason).toBe('truncated-stream');
  });

  it.each<readonly [WireFault, (error: unknown) => boolean]>([
    ['401', isAuthError],
    ['429', isRateLimitError],
    ['overload', isServerError],
  ])('%s, once, is the error of its class', async (fault, guard) => {
    await using server = await startWireServer(wire, [fault], true);
    const asked = registryOf(server.url).completeWithRetry(
      name,
      { prompt: 'my secret words here' },
      { withRetry: false },
    );
    const error = await asked.catch((caught: unknown) => caught);
    expect(guard(error)).toBe(true);
    expect(server.requests).toHaveLength(1);
    expect(isProviderError(error) && error.provider).toBe(name);
    expect(JSON.stringify(error)).not.toMatch(/secret words|test-key/);
  });
});

it('an answer of Gemini’s that was blocked is no answer, and may lead elsewhere', async () => {
  const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 1 } };
  const registry = new ProviderRegistry({
    providers: {
      gemini: {
        backend: geminiBackend({ model: 'm', apiKey: 'k' }),
        fetch: async () => Response.json(blocked),
        fallbacks: [{ provider: 'other', when: ['blocked-content'] }],
      },
      other: { backend: functionBackend(openai, () => ({ text: 'from another' })) },
    },
  });
  const { text, fellBack } = await registry.completeWithRetry('gemini', { prompt: 'p' });
  expect([text, fellBack]).toEqual(['from another', [{ from: 'gemini', to: 'other', because: 'blocked-content' }]]);
});

/** Providers that are functions, in virtual time. */
function bench(script: Readonly<Record<string, readonly (string | Error)[]>>, fallbacks: object[], own: object = {}) {
  const runtime = new VirtualRuntime();
  const asked: string[] = [];
  const registry = new ProviderRegistry();
  for (const [name, answers] of Object.entries(script)) {
    let next = 0;
    const complete = () => {
      asked.push(name);
      const answer = answers[Math.min(next, answers.length - 1)] ?? '';
      next += 1;
      if (answer instanceof Error) throw answer;
      return { text: answer };
    };
    const first = asked.length === 0 && registry.names.length === 0;
    registry.register(name, {
      backend: functionBackend(openai, complete),
      runtime,
      ...(first && { fallbacks, ...own }),
    } as Parameters<ProviderRegistry['register']>[1]);
  }
  return { runtime, registry, asked };
}

const http = (status: number, code = ''): Error =>
  Object.assign(new Error(`HTTP ${status}`), { status, error: { code } });

describe('from one provider to another', () => {
  it.each<readonly [string, Error, object[], readonly string[]]>([
    ['a spent credit leads on at once', http(429, 'insufficient_quota'), [{ provider: 'b' }], ['a', 'b']],
    [
      'by reason',
      http(429, 'insufficient_quota'),
      [
        { provider: 'c', when: ['server'] },
        { provider: 'b', when: ['quota-billing'] },
      ],
      ['a', 'b'],
    ],
    ['a bad key does not, unless asked for', http(401), [{ provider: 'b' }], ['a']],
    ['a bad key does, where asked for', http(401), [{ provider: 'b', when: ['auth'] }], ['a', 'b']],
    ['an outage, after its retries', http(503), [{ provider: 'b' }], ['a', 'a', 'a', 'a', 'b']],
  ])('%s', async (_title, error, fallbacks, expected) => {
    const { runtime, registry, asked } = bench({ a: [error], b: ['from b'], c: ['from c'] }, fallbacks);
    const ended = await runtime.settle(
      registry.completeWithRetry('a', { prompt: 'p' }).catch((caught: unknown) => caught),
    );
    expect(asked).toEqual(expected);
    if (expected.includes('b'))
      expect(ended).toMatchObject({ text: 'from b', provider: 'b', fellBack: [{ from: 'a', to: 'b' }] });
    else expect(isAuthError(ended)).toBe(true);
  });

  it('where nobody answers, the error is that of the first, with the history of all', async () => {
    const { runtime, registry } = bench({ a: [http(402)], b: [http(402)] }, [{ provider: 'b' }]);
    const error = await runtime.settle(
      registry.completeWithRetry('a', { prompt: 'p' }).catch((caught: unknown) => caught),
    );
    expect(error).toMatchObject({ provider: 'a', failure: { reason: 'quota-billing' } });
    expect(isProviderError(error) && error.attempts).toHaveLength(2);
  });

  it('one deadline for all', async () => {
    const { runtime, registry } = bench({ a: [http(503)], b: [http(503)] }, [{ provider: 'b' }]);
    const before = runtime.now();
    await expect(
      runtime.settle(registry.completeWithRetry('a', { prompt: 'p' }, { deadlineMs: 3_000 })),
    ).rejects.toThrow();
    expect(runtime.now() - before).toBeLessThanOrEqual(3_000);
  });

  it.each<readonly [string, object, object, number]>([
    ['as its registration says', { withRetry: false }, {}, 1],
    ['unless the call says otherwise', { withRetry: false }, { withRetry: true }, 4],
    ['even where it would be sent a second time for being slow', { withRetry: false, hedgeAfterMs: 1 }, {}, 1],
  ])('a fallback that opted out is asked once, %s', async (_title, own, options, times) => {
    const runtime = new VirtualRuntime();
    let asked = 0;
    const fetch = async (_input: unknown, init?: RequestInit): Promise<Response> => {
      asked += 1;
      await runtime.sleep(10, init?.signal ?? undefined);
      return Response.json({}, { status: 503 });
    };
    const spent = functionBackend(openai, () => Promise.reject(http(402)));
    const registry = new ProviderRegistry({
      providers: {
        a: { backend: spent, runtime, fallbacks: [{ provider: 'b' }] },
        b: { backend: openAiBackend({ model: 'm' }), runtime, fetch, ...own },
      },
    });
    const ended = registry.completeWithRetry('a', { prompt: 'p' }, options);
    await expect(runtime.settle(ended)).rejects.toMatchObject({ failure: { reason: 'quota-billing' } });
    expect(asked).toBe(times);
  });

  /** Answers after so long, unless its signal ends that. */
  const slow = (runtime: VirtualRuntime, ms: number) =>
    functionBackend(openai, async (_question, { signal }) => {
      await runtime.sleep(ms, signal);
      return { text: 'late' };
    });

  //  deadlines of the first, of the second and of the call; how long all takes, and whether the second was asked
  it.each<readonly [object, object, object, number, boolean]>([
    [{ attemptTimeoutMs: 100_000 }, {}, {}, 600_000, true],
    [{ attemptTimeoutMs: 100_000, deadlineMs: 150_000 }, {}, {}, 150_000, true],
    [{ attemptTimeoutMs: 100_000 }, { deadlineMs: 5_000 }, {}, 105_000, true],
    [{ attemptTimeoutMs: 100_000 }, { deadlineMs: 5_000 }, { deadlineMs: 120_000 }, 120_000, true],
    [{}, {}, { deadlineMs: 30_000 }, 30_000, false],
    [{ deadlineMs: 30_000 }, { deadlineMs: 60_000 }, {}, 30_000, false],
  ])('one deadline: %j, %j, %j', async (first, second, call, tookMs, isAsked) => {
    const runtime = new VirtualRuntime();
    let asked = false;
    const { complete, ...backend } = slow(runtime, 9e8);
    const told: typeof complete = (question, context) => {
      asked = true;
      return complete(question, context);
    };
    const once = { runtime, retry: { maxRetries: 0 }, attemptTimeoutMs: Number.POSITIVE_INFINITY };
    const registry = new ProviderRegistry({
      providers: {
        a: { backend: slow(runtime, 9e8), ...once, ...first, fallbacks: [{ provider: 'b' }] },
        b: { backend: { ...backend, complete: told }, ...once, ...second },
      },
    });
    const startMs = runtime.now();
    const ended = registry.completeWithRetry('a', { prompt: 'p' }, call);
    const attempts = { length: isAsked ? 2 : 1 };
    await expect(runtime.settle(ended)).rejects.toMatchObject({
      provider: 'a',
      failure: { reason: 'timeout' },
      attempts,
    });
    expect([runtime.now() - startMs, asked]).toEqual([tookMs, isAsked]);
  });

  it.each<readonly [string, readonly Error[], object[], readonly string[]]>([
    ['past one that fails by itself', [http(402), http(401)], [{ provider: 'b' }, { provider: 'c' }], ['a', 'b', 'c']],
    [
      'for what the second failed with',
      [http(402), http(401)],
      [{ provider: 'b' }, { provider: 'c', when: ['auth'] }],
      ['a', 'b', 'c'],
    ],
    [
      'none twice, whatever it is named for',
      [http(402), http(401)],
      [{ provider: 'b' }, { provider: 'b', when: ['auth'] }, { provider: 'c' }],
      ['a', 'b', 'c'],
    ],
  ])('%s', async (_title, [first, second], fallbacks, expected) => {
    if (first === undefined || second === undefined) return expect.unreachable();
    const { runtime, registry, asked } = bench({ a: [first], b: [second], c: ['from c'] }, fallbacks);
    expect((await runtime.settle(registry.completeWithRetry('a', { prompt: 'p' }))).text).toBe('from c');
    expect(asked).toEqual(expected);
  });

  it('a name that nobody has is refused before anything is sent; one that is registered later is fine', async () => {
    const { runtime, registry, asked } = bench({ a: [http(402)] }, [{ provider: 'b' }]);
    const ended = registry.completeWithRetry('a', { prompt: 'p' }).catch((caught: unknown) => caught);
    const error = await runtime.settle(ended);
    expect(isProviderError(error) && error.failure).toMatchObject({
      reason: 'client-config',
      evidence: 'a.fallbacks[0].provider',
    });
    expect(asked).toEqual([]);
    registry.register('b', { backend: functionBackend(openai, () => ({ text: 'from b' })) });
    expect((await runtime.settle(registry.completeWithRetry('a', { prompt: 'p' }))).text).toBe('from b');
  });

  it('opting out: once, and nowhere else', async () => {
    const { runtime, registry, asked } = bench({ a: [http(503)], b: ['b'] }, [{ provider: 'b' }], { withRetry: false });
    await expect(runtime.settle(registry.completeWithRetry('a', { prompt: 'p' }))).rejects.toThrow('unavailable');
    expect(asked).toEqual(['a']);
  });

  it('the default is the first, until another is named', async () => {
    const { runtime, registry } = bench({ a: ['from a'], b: ['from b'] }, []);
    expect((await runtime.settle(registry.completeWithRetry(undefined, { prompt: 'p' }))).text).toBe('from a');
    registry.default = 'b';
    expect((await runtime.settle(registry.completeWithRetry(undefined, { prompt: 'p' }))).text).toBe('from b');
  });

  it('the caller’s own reason comes back as it is', async () => {
    const { runtime, registry } = bench({ a: [http(503)] }, []);
    const controller = new AbortController();
    const reason = new Error('enough');
    const ended = registry.completeWithRetry('a', { prompt: 'p' }, { signal: controller.signal });
    runtime.setTimer(10, () => controller.abort(reason));
    await expect(runtime.settle(ended)).rejects.toBe(reason);
  });
});

describe('bad input', () => {
  const registry = new ProviderRegistry({
    providers: { a: { backend: functionBackend(openai, () => ({ text: '' })) } },
  });

  it.each<readonly [string, object, string]>([
    ['nobody', { prompt: 'p' }, 'name'],
    ['a', {}, 'request'],
    ['a', { prompt: 'p', messages: [{ role: 'user', content: 'q' }] }, 'request'],
    ['a', { messages: [] }, 'request.messages'],
    ['a', { messages: [{ role: 'tool', content: 'q' }] }, 'request.messages[0].role'],
    ['a', { prompt: 'p', temperature: 3 }, 'request.temperature'],
    ['a', { prompt: 'p', maxTokens: 3 }, 'request.maxTokens'],
  ])('%s, %j is refused by name, unsent', async (name, request, field) => {
    const error = await registry.completeWithRetry(name, request).catch((caught: unknown) => caught);
    expect(isProviderError(error) && error.failure).toMatchObject({
      reason: 'client-config',
      evidence: field,
      delivery: 'unsent',
    });
  });

  it.each<readonly [unknown, string]>([
    [{}, 'x.backend'],
    [{ backend: openAiBackend({ model: 'm' }), fallbacks: [{}] }, 'x.fallbacks[0].provider'],
    [
      { backend: openAiBackend({ model: 'm' }), fallbacks: [{ provider: 'a', when: ['Server'] }] },
      'x.fallbacks[0].when',
    ],
    [{ backend: openAiBackend({ model: 'm' }), deadlineMs: 0 }, 'options.deadlineMs'],
    [{ backend: openAiBackend({ model: 'm' }), fallbacks: [{ provider: 'x' }] }, 'x.fallbacks[0].provider'],
  ])('registration %# is refused by name', (registration, field) => {
    expect(() => registry.register('x', registration as Parameters<ProviderRegistry['register']>[1])).toThrow(field);
  });

  it.each<readonly [unknown, string]>([
    [null, 'options'],
    [{ provider: {} }, 'options.provider'],
    [{ providers: [] }, 'options.providers'],
    [{ default: 5 }, 'options.default'],
    [{ default: 'nobody' }, 'default'],
  ])('a registry of %j is refused by name', (options, field) => {
    try {
      new ProviderRegistry(options as ConstructorParameters<typeof ProviderRegistry>[0]);
      expect.unreachable();
    } catch (error) {
      expect(isProviderError(error) && error.failure).toMatchObject({ reason: 'client-config', evidence: field });
    }
  });

  it.each<readonly [object, string]>([
    [{ model: '' }, 'model'],
    [{ model: 'm', apiKey: 5 }, 'apiKey'],
    [{ model: 'm', baseUrl: 'no address' }, 'baseUrl'],
  ])('backend %j is refused by name', (options, field) => {
    expect(() => openAiBackend(options as BackendOptions)).toThrow(field);
  });
});
