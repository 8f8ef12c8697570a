import { createGoogleGenerativeAI } from '@ai-sdk/google';
import type { LanguageModelV4, LanguageModelV4Middleware } from '@ai-sdk/provider';
import { generateText, streamText, wrapLanguageModel } from 'ai';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type ResilientModelOptions, resilientModel } from '../../adapters/aiSdk/index.ts';
import { createResilientFetch } from '../../fetch.ts';
import { geminiProvider } from '../../index.ts';
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

async function ask(way: 'whole' | 'stream', script: readonly ScriptStep[], withFallback = true): Promise<Asked> {
  await using simulator = await startSimulator({ answer: () => 'A heron.', script });
  const fetch = createResilientFetch(geminiProvider, { runtime });
  const google = createGoogleGenerativeAI({ apiKey: 'test-key', baseURL: `${simulator.url}/v1beta`, fetch });
  const fellBack: string[] = [];
  const options: ResilientModelOptions = {
    runtime,
    fallbacks: withFallback ? [{ model: google(second) }] : [],
    onFallback: (from, to, { reason }) => void fellBack.push(`${from} → ${to}: ${reason}`),
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
    expect(await ask(way, [fault, fault])).toEqual({ text: 'A heron.', requests: [first, first, first], fellBack: [] });
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

it('has the types of the newest specification', () => {
  expectTypeOf(resilientModel()).toEqualTypeOf<LanguageModelV4Middleware>();
  expectTypeOf<NonNullable<ResilientModelOptions['fallbacks']>[number]['model']>().toEqualTypeOf<LanguageModelV4>();
});
