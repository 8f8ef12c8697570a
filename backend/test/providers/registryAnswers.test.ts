/** What counts as an answer of a registered provider, and what becomes of what does not. */

import { describe, expect, it } from 'vitest';
import { defineProvider, openai } from '../../fetch.ts';
import { geminiBackend } from '../../gemini/geminiBackend.ts';
import {
  anthropicBackend,
  type BackendOptions,
  type CompletionPiece,
  functionBackend,
  type HttpBackend,
  isProviderError,
  ollamaBackend,
  openAiBackend,
  type ProviderError,
  ProviderRegistry,
} from '../../providers/index.ts';
import type { Transport } from '../../resilience/transport.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const question = { prompt: 'please tell me about the secret garden' };

/** A body, and whether it is what was asked for. */
interface Body {
  readonly type: string;
  /** In one, or as it comes over the wire. */
  readonly text: string | readonly string[];
}

const json = (value: unknown): Body => ({ type: 'application/json', text: JSON.stringify(value) });
const sse = (...events: readonly unknown[]): Body => ({
  type: 'text/event-stream',
  text: events.map(event => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join(''),
});
const lines = (...values: readonly object[]): Body => ({
  type: 'application/x-ndjson',
  text: values.map(value => `${JSON.stringify(value)}\n`).join(''),
});

const streamOf = (texts: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: controller => {
      for (const text of texts) controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });

const responseOf = ({ type, text }: Body): Response =>
  new Response(typeof text === 'string' ? text : streamOf(text), {
    headers: type === '' ? {} : { 'content-type': type },
  });

type Made = (options: BackendOptions) => HttpBackend;

/** A registry with one provider whose requests are answered in turn, the last answer again and again, and a function to fall back to. */
function bench(backend: Made, ...bodies: readonly Body[]) {
  const runtime = new VirtualRuntime();
  const state = { requests: 0 };
  const fetch: Transport = async () => {
    const body = bodies[Math.min(state.requests, bodies.length - 1)];
    state.requests += 1;
    return body === undefined ? expect.unreachable() : responseOf(body);
  };
  const registry = new ProviderRegistry({
    providers: {
      a: { backend: backend({ model: 'm', apiKey: 'test-key-1234' }), fetch, runtime, fallbacks: [{ provider: 'b' }] },
      b: { backend: functionBackend(openai, () => ({ text: 'from b' })), runtime },
    },
  });
  return { runtime, registry, state };
}

interface Came {
  readonly text: string;
  readonly pieces: readonly CompletionPiece[];
  readonly error: ProviderError | undefined;
}

async function collected(stream: AsyncIterable<CompletionPiece>): Promise<Came> {
  const pieces: CompletionPiece[] = [];
  let error: ProviderError | undefined;
  try {
    for await (const piece of stream) pieces.push(piece);
  } catch (caught) {
    if (!isProviderError(caught)) throw caught;
    error = caught;
  }
  return { text: pieces.map(({ text }) => text).join(''), pieces, error };
}

type Way = 'whole' | 'stream';

function asked(way: Way, { registry, runtime }: ReturnType<typeof bench>): Promise<Came> {
  const whole = async function* () {
    yield await registry.completeWithRetry('a', question);
  };
  return runtime.settle(collected(way === 'whole' ? whole() : registry.stream('a', question)));
}

const chunk = (delta: object, finish?: string) => ({ choices: [{ index: 0, delta, finish_reason: finish ?? null }] });
const openAiWhole = (message: object, finish = 'stop') =>
  json({ choices: [{ index: 0, message, finish_reason: finish }] });
const openAiStream = (text: string | undefined, finish = 'stop') =>
  sse(...(text === undefined ? [] : [chunk({ content: text })]), chunk({}, finish), '[DONE]');
const anthropicStream = (text: string | undefined, stop: string) =>
  sse(
    { type: 'message_start', message: { model: 'c', usage: { input_tokens: 25, output_tokens: 1 } } },
    ...(text === undefined ? [] : [{ type: 'content_block_delta', delta: { type: 'text_delta', text } }]),
    { type: 'message_delta', delta: { stop_reason: stop }, usage: { output_tokens: 12 } },
    { type: 'message_stop' },
  );
const anthropicWhole = (content: readonly object[], stop: string) =>
  json({ type: 'message', model: 'c', content, stop_reason: stop, usage: { input_tokens: 25, output_tokens: 12 } });
const gemini = (parts: readonly object[] | undefined, finishReason?: string) => ({
  candidates: [{ ...(parts && { content: { role: 'model', parts } }), ...(finishReason && { finishReason }) }],
});

describe('an answer is handed on whole, however long it is', () => {
  const long = `${'x'.repeat(400_000)}END`;
  it.each<readonly [string, Way, Made, Body]>([
    ['openai', 'whole', openAiBackend, openAiWhole({ content: long })],
    ['openai', 'stream', openAiBackend, openAiStream(long)],
    ['anthropic', 'whole', anthropicBackend, anthropicWhole([{ type: 'text', text: long }], 'end_turn')],
    ['anthropic', 'stream', anthropicBackend, anthropicStream(long, 'end_turn')],
    ['ollama', 'whole', ollamaBackend, json({ message: { content: long }, done: true })],
    [
      'ollama',
      'stream',
      ollamaBackend,
      lines({ message: { content: long } }, { message: { content: '' }, done: true }),
    ],
    ['gemini', 'whole', geminiBackend, json(gemini([{ text: long }], 'STOP'))],
    ['gemini', 'stream', geminiBackend, sse(gemini([{ text: long }]), gemini([{ text: '' }], 'STOP'))],
  ])('%s, %s', async (_name, way, backend, body) => {
    const { text } = await asked(way, bench(backend, body));
    expect([text.length, text.slice(-3)]).toEqual([400_003, 'END']);
  });
});

const unmarked: Made = options => openAiBackend({ ...options, provider: defineProvider({ name: 'unmarked' }) });
const page: Body = { type: 'text/html', text: '<html><title>Please log in</title></html>' };
const good = { openai: openAiWhole({ content: 'good' }), stream: openAiStream('good') };
const thinking = { text: 'hm', thought: true };

//  way, backend, what comes first, the reason
const noAnswers: readonly (readonly [string, Way, Made, Body, string])[] = [
  ['a page', 'whole', openAiBackend, page, 'malformed-response'],
  ['a page', 'stream', openAiBackend, page, 'malformed-response'],
  ['a page', 'whole', geminiBackend, page, 'malformed-response'],
  ['a page', 'stream', geminiBackend, page, 'malformed-response'],
  ['an empty body', 'whole', openAiBackend, { type: 'application/json', text: '' }, 'malformed-response'],
  ['an empty body', 'stream', openAiBackend, { type: 'application/json', text: '' }, 'malformed-response'],
  ['a body without a type', 'whole', openAiBackend, { type: '', text: '' }, 'malformed-response'],
  ['a body without a type', 'stream', openAiBackend, { type: '', text: 'pong' }, 'malformed-response'],
  ['half of a body', 'whole', openAiBackend, { type: 'application/json', text: '{"choices":[' }, 'malformed-response'],
  ['another shape', 'whole', openAiBackend, json({ foo: 1 }), 'malformed-response'],
  ['another shape', 'stream', openAiBackend, json({ foo: 1 }), 'malformed-response'],
  ['another shape', 'whole', anthropicBackend, json({ foo: 1 }), 'malformed-response'],
  ['another shape', 'whole', ollamaBackend, json({ foo: 1 }), 'malformed-response'],
  ['null', 'whole', openAiBackend, json(null), 'malformed-response'],
  ['an error', 'whole', openAiBackend, json({ error: { message: 'x', type: 'server_error' } }), 'internal'],
  ['an error', 'stream', openAiBackend, json({ error: { message: 'x', type: 'server_error' } }), 'internal'],
  ['an error with a status', 'whole', openAiBackend, json({ error: { message: 'x', code: 503 } }), 'unavailable'],
  ['no choices', 'whole', openAiBackend, json({ choices: [], usage: {} }), 'empty-response'],
  ['no text', 'whole', openAiBackend, openAiWhole({ content: '' }), 'empty-response'],
  ['no text', 'whole', openAiBackend, openAiWhole({ content: null }), 'empty-response'],
  ['no text', 'stream', openAiBackend, openAiStream(undefined), 'empty-response'],
  ['an empty text', 'stream', openAiBackend, openAiStream(''), 'empty-response'],
  ['no text, of who marks no end', 'stream', unmarked, sse(chunk({ role: 'assistant' })), 'empty-response'],
  ['no blocks', 'whole', anthropicBackend, anthropicWhole([], 'end_turn'), 'empty-response'],
  ['no blocks', 'stream', anthropicBackend, anthropicStream(undefined, 'end_turn'), 'empty-response'],
  ['no text', 'whole', ollamaBackend, json({ message: { content: '' }, done: true }), 'empty-response'],
  ['no text', 'stream', ollamaBackend, lines({ message: { content: '' }, done: true }), 'empty-response'],
  ['no parts', 'whole', geminiBackend, json(gemini([], 'STOP')), 'empty-response'],
  ['no parts', 'stream', geminiBackend, sse(gemini([], 'STOP')), 'empty-response'],
  ['nothing but thoughts', 'whole', geminiBackend, json(gemini([thinking], 'STOP')), 'empty-response'],
  ['nothing but thoughts', 'stream', geminiBackend, sse(gemini([thinking]), gemini([], 'STOP')), 'empty-response'],
];

describe('what is no answer is sent again, and then answered by another', () => {
  it.each(noAnswers)('%s, %s (%#)', async (_name, way, backend, body, reason) => {
    const { text, pieces, error } = await asked(way, bench(backend, body));
    expect([error, text]).toEqual([undefined, 'from b']);
    if (way === 'whole') expect(pieces).toMatchObject([{ fellBack: [{ from: 'a', to: 'b', because: reason }] }]);
  });

  it.each(['whole', 'stream'] as const)('%s: an answer after it is the answer', async way => {
    const at = bench(openAiBackend, page, openAiWhole({ content: '' }), way === 'whole' ? good.openai : good.stream);
    const { text, error } = await asked(way, at);
    expect([error, text, at.state.requests]).toEqual([undefined, 'good', 3]);
  });
});

describe('what says itself why it has no text', () => {
  const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 1 } };
  //  backend, body, the reason of its failure; undefined: it is an answer
  it.each<readonly [string, Way, Made, Body, string | undefined]>([
    ['a filter', 'whole', openAiBackend, openAiWhole({ content: null }, 'content_filter'), 'blocked-content'],
    ['a filter', 'stream', openAiBackend, openAiStream(undefined, 'content_filter'), 'blocked-content'],
    ['a refusal', 'whole', openAiBackend, openAiWhole({ content: null, refusal: 'I cannot.' }), 'blocked-content'],
    [
      'a refusal',
      'stream',
      openAiBackend,
      sse(chunk({ refusal: 'I' }), chunk({}, 'stop'), '[DONE]'),
      'blocked-content',
    ],
    ['a refusal', 'whole', anthropicBackend, anthropicWhole([], 'refusal'), 'blocked-content'],
    ['a refusal', 'stream', anthropicBackend, anthropicStream(undefined, 'refusal'), 'blocked-content'],
    ['a filter', 'whole', geminiBackend, json(gemini(undefined, 'SAFETY')), 'blocked-content'],
    ['a filter', 'stream', geminiBackend, sse(gemini(undefined, 'SAFETY')), 'blocked-content'],
    ['a blocked prompt', 'whole', geminiBackend, json(blocked), 'blocked-content'],
    ['a blocked prompt', 'stream', geminiBackend, sse(blocked), 'blocked-content'],
    ['no room', 'whole', openAiBackend, openAiWhole({ content: '' }, 'length'), 'invalid-argument'],
    ['no room', 'stream', openAiBackend, openAiStream(undefined, 'length'), 'invalid-argument'],
    ['no room', 'stream', anthropicBackend, anthropicStream(undefined, 'max_tokens'), 'invalid-argument'],
    ['no room', 'whole', geminiBackend, json(gemini([thinking], 'MAX_TOKENS')), 'invalid-argument'],
    ['tool calls', 'whole', openAiBackend, openAiWhole({ content: null, tool_calls: [{}] }, 'tool_calls'), undefined],
    ['tool calls', 'stream', openAiBackend, openAiStream(undefined, 'tool_calls'), undefined],
    ['tool calls', 'whole', anthropicBackend, anthropicWhole([{ type: 'tool_use' }], 'tool_use'), undefined],
    ['part of a text', 'whole', openAiBackend, openAiWhole({ content: 'par' }, 'content_filter'), undefined],
    ['part of a text', 'stream', openAiBackend, openAiStream('par', 'length'), undefined],
  ])('%s, %s (%#)', async (_name, way, backend, body, reason) => {
    const at = bench(backend, body);
    const { error } = await asked(way, at);
    expect([error?.failure.reason, error?.failure.errorClass]).toEqual([reason, reason && 'request']);
    expect(at.state.requests).toBe(1);
  });
});

describe('a stream', () => {
  it('may be answered whole', async () => {
    const { text, pieces } = await asked('stream', bench(openAiBackend, openAiWhole({ content: 'good' })));
    expect([text, pieces.length]).toEqual(['good', 1]);
  });

  it('counts from piece to piece', async () => {
    const { pieces } = await asked('stream', bench(anthropicBackend, anthropicStream('Hello', 'end_turn')));
    expect(pieces.map(({ usage }) => usage)).toEqual([
      { inputTokens: 25, outputTokens: 1 },
      undefined,
      { inputTokens: 25, outputTokens: 12 },
    ]);
  });

  it('that fails after text gives the text, and the history of its call, without prompt and key', async () => {
    const message = 'failed at: tell me about the secret garden, with test-key-1234';
    const error = sse({ error: { message, type: 'server_error' } });
    const at = bench(openAiBackend, page, {
      ...error,
      text: [sse(chunk({ content: 'Once' })).text, error.text].flat(),
    });
    const { text, error: caught } = await asked('stream', at);
    expect([text, at.state.requests]).toEqual(['Once', 2]);
    expect(caught).toMatchObject({ provider: 'a', failure: { reason: 'internal' } });
    expect(caught?.attempts).toHaveLength(2);
    expect(JSON.stringify(caught)).not.toMatch(/secret garden|test-key/);
  });

  it('of another gives the history of both where it fails after text', async () => {
    const runtime = new VirtualRuntime();
    const refused: Transport = async () => Response.json({ error: { code: 'insufficient_quota' } }, { status: 429 });
    const cut: Transport = async () => responseOf(sse(chunk({ content: 'Once' })));
    const backend = openAiBackend({ model: 'm' });
    const registry = new ProviderRegistry({
      providers: {
        a: { backend, runtime, fetch: refused, fallbacks: [{ provider: 'b' }] },
        b: { backend, runtime, fetch: cut },
      },
    });
    const { text, error } = await runtime.settle(collected(registry.stream('a', question)));
    expect([text, error?.failure.reason]).toEqual(['Once', 'truncated-stream']);
    expect(error?.attempts.map(({ failure }) => failure?.reason)).toEqual(['quota-billing', undefined]);
  });

  it('lets go of a page that has no end', async () => {
    const runtime = new VirtualRuntime();
    const state = { open: 0, requests: 0 };
    const fetch: Transport = async () => {
      state.open += 1;
      state.requests += 1;
      const body = new ReadableStream({
        pull: controller => controller.enqueue(new TextEncoder().encode('<p>wait</p>')),
        cancel: () => {
          state.open -= 1;
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/html' } });
    };
    const registry = new ProviderRegistry({
      providers: { a: { backend: openAiBackend({ model: 'm' }), runtime, fetch } },
    });
    const { error } = await runtime.settle(collected(registry.stream('a', question)));
    expect([error?.failure.reason, state]).toEqual(['malformed-response', { open: 0, requests: 4 }]);
  });

  it('lets go of one that began and is no answer', async () => {
    const runtime = new VirtualRuntime();
    let cancelled = 0;
    const fetch: Transport = async () => {
      const text = new TextEncoder().encode(`data: ${JSON.stringify(chunk({}, 'content_filter'))}\n\n`);
      const body = new ReadableStream({
        start: controller => controller.enqueue(text),
        cancel: () => {
          cancelled += 1;
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const registry = new ProviderRegistry({
      providers: { a: { backend: openAiBackend({ model: 'm' }), runtime, fetch } },
    });
    const { error } = await runtime.settle(collected(registry.stream('a', question)));
    expect([error?.failure.reason, cancelled]).toEqual(['blocked-content', 1]);
  });
});

describe('a function of the user’s own', () => {
  it.each<readonly [string, unknown, string | undefined, number]>([
    ['nothing', undefined, 'client-bug', 1],
    ['another shape', { nope: 1 }, 'client-bug', 1],
    ['a text alone', 'text', 'client-bug', 1],
    ['no text', { text: '' }, 'empty-response', 4],
    ['a filter', { text: '', finishReason: 'content-filter' }, 'blocked-content', 1],
    ['tool calls', { text: '', finishReason: 'tool-calls' }, undefined, 1],
    ['a text', { text: 'x' }, undefined, 1],
  ])('%s', async (_name, answer, reason, times) => {
    const runtime = new VirtualRuntime();
    let count = 0;
    const complete = () => {
      count += 1;
      return answer as { text: string };
    };
    const registry = new ProviderRegistry({
      providers: { a: { backend: functionBackend(openai, complete), runtime } },
    });
    const { error } = await runtime.settle(collected(registry.stream('a', question)));
    expect([error?.failure.reason, count]).toEqual([reason, times]);
  });
});
