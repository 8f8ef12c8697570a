import { createGoogleGenerativeAI } from '@ai-sdk/google';
import type { LanguageModelV4, LanguageModelV4Middleware, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { generateText, streamText, wrapLanguageModel } from 'ai';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { type ResilientModelOptions, resilientModel } from '../../adapters/aiSdk/index.ts';
import { createResilientFetch } from '../../fetch.ts';
import { geminiProvider } from '../../index.ts';
import { isProviderError } from '../../providers/index.ts';
import { type FaultName, type ScriptStep, startSimulator } from '../../simulator/index.ts';

const runtime = { sleep: async () => {}, random: () => 0.5 };
const first = 'gemini-2.5-flash';
const second = 'gemini-2.5-flash-lite';

interface Asked {
  readonly text: string;
  /** The models that were asked, in order. */
  readonly requests: readonly string[];
  readonly fellBack: readonly string[];
}

async function ask(
  way: 'whole' | 'stream',
  script: readonly ScriptStep[],
  withFallback = true,
  own: ResilientModelOptions = {},
): Promise<Asked> {
  await using simulator = await startSimulator({ answer: () => 'A heron.', script });
  const fetch = createResilientFetch(geminiProvider, { runtime });
  const google = createGoogleGenerativeAI({ apiKey: 'test-key', baseURL: `${simulator.url}/v1beta`, fetch });
  const fellBack: string[] = [];
  const options: ResilientModelOptions = {
    runtime,
    fallbacks: withFallback ? [{ model: google(second) }] : [],
    onFallback: (from, to, { reason }) => void fellBack.push(`${from} → ${to}: ${reason}`),
    ...own,
  };
  const model = wrapLanguageModel({ model: google(first), middleware: resilientModel(options) });
  const prompt = { model, prompt: 'Draw a heron.', maxRetries: 0 };
  const text = way === 'whole' ? (await generateText(prompt)).text : await textOf(prompt);
  return { text, fellBack, requests: simulator.ledger.requests.map(request => request.model) };
}

async function textOf(prompt: Parameters<typeof streamText>[0]): Promise<string> {
  let text = '';
  let failed: unknown;
  const { textStream } = streamText({
    ...prompt,
    onError: ({ error }) => {
      failed = error;
    },
  });
  for await (const piece of textStream) text += piece;
  if (failed !== undefined) throw failed;
  return text;
}

const empty: readonly FaultName[] = ['stop-no-parts', 'finish-other', 'thoughts-only'];

describe.each(['whole', 'stream'] as const)('a model of the AI SDK, %s', way => {
  it('is asked once where it answers', async () => {
    expect(await ask(way, [])).toEqual({ text: 'A heron.', requests: [first], fellBack: [] });
  });

  it.each(empty)('is asked again where the answer is empty: %s', async fault => {
    const asked = await ask(way, [fault, fault], true, { holdReasoning: true });
    expect(asked).toEqual({ text: 'A heron.', requests: [first, first, first], fellBack: [] });
  });

  it('another model is asked where the retries are spent', async () => {
    const { text, requests, fellBack } = await ask(way, [
      { fault: 'stop-no-parts', when: { model: first }, times: 10 },
    ]);
    expect(text).toBe('A heron.');
    expect(requests).toEqual([first, first, first, second]);
    expect(fellBack).toEqual([`${first} → ${second}: empty-response`]);
  });

  it.each([
    ['429-per-day', 1, 'quota-per-day'],
    ['503', 4, 'overloaded'],
    ['finish-safety', 1, 'blocked-content'],
  ] as const)('and where the model fails: %s', async (fault, times, reason) => {
    const { text, requests, fellBack } = await ask(way, [{ fault, when: { model: first }, times: 10 }]);
    expect(text).toBe('A heron.');
    expect(requests).toEqual([...Array.from({ length: times }, () => first), second]);
    expect(fellBack).toEqual([expect.stringMatching(new RegExp(`: (?:${reason}|[a-z-]+)$`))]);
  });

  it('an error that no other model is asked after is the SDK’s own', async () => {
    await expect(ask(way, [{ fault: '400', times: 10 }])).rejects.toMatchObject({ statusCode: 400 });
    await expect(ask(way, [{ fault: '503', times: 10 }], false)).rejects.toMatchObject({ statusCode: 503 });
  });

  it('an answer that stays empty is an error that says so', async () => {
    await expect(ask(way, [{ fault: 'stop-no-parts', times: 10 }], false)).rejects.toMatchObject({
      failure: { errorClass: 'server', reason: 'empty-response' },
    });
  });
});

/** A model of a test’s own: each entry is one call of it; an error is thrown, parts are what it answers. */
type Scripted = LanguageModelV4 & { readonly asked: number; readonly cancelled: number };
type Answer = readonly LanguageModelV4StreamPart[] | Error | 'silence';

const usage = { inputTokens: {}, outputTokens: {} } as Extract<LanguageModelV4StreamPart, { type: 'finish' }>['usage'];
const end: LanguageModelV4StreamPart = { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage };
const said = (...deltas: readonly string[]): LanguageModelV4StreamPart[] => [
  { type: 'text-start', id: '1' },
  ...deltas.map(delta => ({ type: 'text-delta', id: '1', delta }) as const),
  { type: 'text-end', id: '1' },
];
const thought: LanguageModelV4StreamPart[] = [
  { type: 'reasoning-start', id: '0' },
  { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
  { type: 'reasoning-end', id: '0' },
];
const http = (status: number): Error => Object.assign(new Error(`HTTP ${status}`), { statusCode: status });

function modelOf(modelId: string, answers: readonly Answer[]): Scripted {
  const state = { asked: 0, cancelled: 0 };
  const stream = (): ReadableStream<LanguageModelV4StreamPart> => {
    const answer = answers[Math.min(state.asked, answers.length - 1)] ?? [];
    state.asked += 1;
    if (answer instanceof Error) throw answer;
    return new ReadableStream({
      start: controller => {
        controller.enqueue({ type: 'stream-start', warnings: [] });
        if (answer === 'silence') return;
        for (const part of answer) controller.enqueue(part);
        controller.close();
      },
      cancel: () => {
        state.cancelled += 1;
      },
    });
  };
  const model = {
    ...{ specificationVersion: 'v4', provider: 'test', modelId, supportedUrls: {} },
    doStream: async () => ({ stream: stream() }),
    doGenerate: () => expect.unreachable(),
  } as const;
  return Object.defineProperties(model as unknown as Scripted, {
    asked: { get: () => state.asked },
    cancelled: { get: () => state.cancelled },
  });
}

/** The parts of a stream that hold something, in short, and how often each model was asked. */
async function streamed(
  models: readonly [Scripted, ...Scripted[]],
  options: ResilientModelOptions,
  signal?: AbortSignal,
) {
  const model = wrapLanguageModel({ model: models[0], middleware: resilientModel({ runtime, ...options }) });
  const parts: string[] = [];
  const abortSignal = signal && { abortSignal: signal };
  const { fullStream } = streamText({ model, prompt: 'p', maxRetries: 0, onError: () => {}, ...abortSignal });
  for await (const part of fullStream) {
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') parts.push(part.text);
    if (part.type === 'error') parts.push(String(isProviderError(part.error) ? part.error.failure.reason : part.error));
  }
  return { parts, asked: models.map(({ asked }) => asked) };
}

describe('from one model to another', () => {
  //  what each model answers, when each fallback is asked, how often each was, and what came out
  it.each<readonly [string, readonly Answer[], readonly (readonly string[] | undefined)[], readonly number[], string]>([
    ['the first that fits, not the next', [http(503), said('b'), said('c')], [['quota'], ['server']], [1, 0, 1], 'c'],
    ['past one that fails by itself', [http(503), http(401), said('c')], [undefined, undefined], [1, 1, 1], 'c'],
    ['for what the second failed with', [http(503), http(401), said('c')], [['server'], ['auth']], [1, 1, 1], 'c'],
    ['back to one that was left out', [http(503), http(429), said('c')], [['server'], ['quota']], [1, 1, 1], 'c'],
    ['nobody that does not fit', [http(401), said('b')], [undefined], [1, 0], 'Error: HTTP 401'],
    ['the error is the first one’s', [http(503), http(401)], [undefined], [1, 1], 'Error: HTTP 503'],
    ['each once', [http(503), http(503), http(503)], [undefined, undefined], [1, 1, 1], 'Error: HTTP 503'],
  ])('%s', async (_name, answers, whens, asked, shown) => {
    const [main, ...others] = answers.map((answer, place) => modelOf(String(place), [answer]));
    if (main === undefined) return expect.unreachable();
    const fallbacks = others.map((model, place) => ({ model, when: whens[place] }));
    expect(await streamed([main, ...others], { fallbacks })).toEqual({ parts: [shown], asked });
  });
});

describe('the reasoning of a stream', () => {
  it('is shown before the answer begins, unless it is held', async () => {
    const release = Promise.withResolvers<void>();
    const model = modelOf('m', [[]]);
    const parts = [...thought, ...said('A heron.'), end];
    const slow: LanguageModelV4 = {
      ...model,
      doStream: async () => ({
        stream: new ReadableStream({
          pull: async controller => {
            const part = parts.shift();
            if (part?.type === 'text-start') await release.promise;
            if (part === undefined) controller.close();
            else controller.enqueue(part);
          },
        }),
      }),
    };
    const wrapped = wrapLanguageModel({ model: slow, middleware: resilientModel({ runtime }) });
    const seen: string[] = [];
    for await (const part of streamText({ model: wrapped, prompt: 'p', maxRetries: 0 }).fullStream) {
      if (part.type === 'reasoning-delta' || part.type === 'text-delta') seen.push(part.text);
      // It would wait for ever for a middleware that held it.
      if (part.type === 'reasoning-delta') release.resolve();
    }
    expect(seen).toEqual(['Hm.', 'A heron.']);
  });

  it.each<readonly [boolean, readonly string[], number]>([
    [false, ['Hm.', 'empty-response'], 1],
    [true, ['Hm.', 'A heron.'], 2],
  ])('held: %j, before an answer that stays empty', async (holdReasoning, parts, times) => {
    const model = modelOf('m', [
      [...thought, end],
      [...thought, ...said('A heron.'), end],
    ]);
    expect(await streamed([model], { holdReasoning })).toEqual({ parts, asked: [times] });
  });

  it('an answer that comes after it ends as it should', async () => {
    const model = modelOf('m', [[...thought, ...said('A heron.'), end]]);
    expect(await streamed([model], {})).toEqual({ parts: ['Hm.', 'A heron.'], asked: [1] });
  });

  it('an answer that is blocked after it says so', async () => {
    const blocked = { ...end, finishReason: { unified: 'content-filter', raw: 'SAFETY' } } as const;
    expect((await streamed([modelOf('m', [[...thought, blocked]])], {})).parts).toEqual(['Hm.', 'blocked-content']);
  });
});

describe('a model that does not heed the caller’s abort', () => {
  it('is let go while it says nothing', async () => {
    const controller = new AbortController();
    const model = modelOf('m', ['silence']);
    const ended = streamed([model], {}, controller.signal);
    await vi.waitUntil(() => model.asked === 1);
    controller.abort(new Error('enough'));
    await ended;
    expect([model.asked, model.cancelled]).toEqual([1, 1]);
  });

  it('is let go where its stream comes too late', async () => {
    const controller = new AbortController();
    const model = modelOf('m', ['silence']);
    const late = Promise.withResolvers<void>();
    const doStream = vi.fn<LanguageModelV4['doStream']>(options => late.promise.then(() => model.doStream(options)));
    const ended = streamed([{ ...model, doStream }], {}, controller.signal);
    await vi.waitUntil(() => doStream.mock.calls.length === 1);
    controller.abort(new Error('enough'));
    await ended;
    late.resolve();
    await vi.waitUntil(() => model.cancelled === 1);
    expect(model.asked).toBe(1);
  });
});

it.each<readonly [unknown, string]>([
  [null, 'options'],
  [[], 'options'],
  [{ maxRetry: 5 }, 'options.maxRetry'],
  [{ maxRetries: -1 }, 'options.maxRetries'],
  [{ onFallback: 5 }, 'options.onFallback'],
  [{ onEvent: {} }, 'options.onEvent'],
  [{ holdReasoning: 'no' }, 'options.holdReasoning'],
  [{ runtime: { sleep: 5 } }, 'options.runtime.sleep'],
  [{ fallbacks: 'm' }, 'options.fallbacks'],
  [{ fallbacks: [{}] }, 'options.fallbacks[0].model'],
  [{ fallbacks: [{ model: 'openai/gpt' }] }, 'options.fallbacks[0].model'],
  [{ fallbacks: [{ model: { ...modelOf('m', []), specificationVersion: 'v2' } }] }, 'options.fallbacks[0].model'],
  [{ fallbacks: [{ model: modelOf('m', []), after: [] }] }, 'options.fallbacks[0].after'],
  [{ fallbacks: [{ model: modelOf('m', []), when: ['nonsense'] }] }, 'options.fallbacks[0].when'],
])('%j is refused by name', (options, field) => {
  try {
    resilientModel(options as ResilientModelOptions);
    expect.unreachable();
  } catch (error) {
    expect(isProviderError(error) && error.failure).toMatchObject({ reason: 'client-config', evidence: field });
  }
});

it('a model of an older specification may be a fallback once the SDK has wrapped it', async () => {
  const result = { content: [{ type: 'text', text: 'old' }], finishReason: 'stop', usage: {}, warnings: [] };
  const old = { ...modelOf('old', []), specificationVersion: 'v2', doGenerate: async () => result } as never;
  const model = wrapLanguageModel({
    model: { ...modelOf('m', []), doGenerate: () => Promise.reject(http(503)) },
    middleware: resilientModel({ runtime, fallbacks: [{ model: wrapLanguageModel({ model: old, middleware: [] }) }] }),
  });
  expect((await generateText({ model, prompt: 'p', maxRetries: 0 })).text).toBe('old');
});

it('has the types of the newest specification', () => {
  expectTypeOf(resilientModel()).toEqualTypeOf<LanguageModelV4Middleware>();
  expectTypeOf<NonNullable<ResilientModelOptions['fallbacks']>[number]['model']>().toEqualTypeOf<LanguageModelV4>();
});
