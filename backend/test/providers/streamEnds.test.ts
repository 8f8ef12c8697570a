import { describe, expect, it } from 'vitest';
import { createResilientFetch, defineProvider, ollama, openai } from '../../fetch.ts';
import { geminiProvider } from '../../gemini/geminiProviders.ts';
import type { Provider } from '../../resilience/provider.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { type Step, scriptedTransport } from './scriptedTransport.ts';

const host = 'https://api.example.com';
const asking = { method: 'POST', body: '{"model":"m","stream":true}' };

/** A body of these pieces that ends well, or is reset. */
function bodyOf(type: string, text: string, isReset = false): Response {
  let sent = false;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (sent && isReset) controller.error(new TypeError('terminated'));
    else if (sent) controller.close();
    else controller.enqueue(new TextEncoder().encode(text));
    sent = true;
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers: { 'content-type': type } });
}

function bench(provider: Provider, ...script: readonly Step[]) {
  const runtime = new VirtualRuntime();
  const { fetch: transport, sent } = scriptedTransport(...script);
  const fetch = createResilientFetch(provider, { fetch: transport, runtime });
  return { sent, ask: (path: string, init?: RequestInit) => runtime.settle(fetch(`${host}${path}`, init)) };
}

const lines = (...values: readonly object[]): string => values.map(value => `${JSON.stringify(value)}\n`).join('');
const events = (...values: readonly unknown[]): string =>
  values.map(value => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`).join('');

const records = lines({ id: 'a', error: { code: 'batch_expired', message: 'x' } }, { id: 'b', error: null });
const errorFirst = lines({ error: { code: 500, message: 'x' }, id: 'a' }, { id: 'b' });

describe('what is no answer of a model is handed on as it is', () => {
  it.each<readonly [string, Provider, string, string, string, RequestInit]>([
    ['results of a batch', openai, '/v1/messages/batches/b/results', 'application/x-jsonl', records, {}],
    ['a file of errors', openai, '/v1/files/f/content', 'application/jsonl', records, {}],
    ['one whose lines begin with an error', openai, '/v1/files/f/content', 'application/x-ndjson', errorFirst, {}],
    ['one that calls itself JSON', openai, '/v1/files/f/content', 'application/json', records, {}],
    [
      'an export that was asked for',
      openai,
      '/v1/export',
      'application/x-ndjson',
      records,
      { method: 'POST', body: '{}' },
    ],
    ['notices of a server', openai, '/v1/notices', 'text/event-stream', events({ error: { message: 'x' } }), {}],
    [
      'what a model is pulled with, told by lines',
      ollama,
      '/api/pull',
      'application/x-ndjson',
      lines({ status: 'pulling manifest' }, { status: 'success' }),
      { method: 'POST', body: '{"model":"m"}' },
    ],
  ])('%s', async (_name, provider, path, type, text, init) => {
    const { sent, ask } = bench(provider, bodyOf(type, text));
    expect(await (await ask(path, init)).text()).toBe(text);
    expect(sent).toHaveLength(1);
  });

  it('one that breaks still breaks', async () => {
    const { ask } = bench(openai, bodyOf('application/x-ndjson', records, true));
    await expect((await ask('/v1/files/f/content')).text()).rejects.toThrow('terminated');
  });

  it('a cut text that calls itself JSON is repeated, however many lines of it are whole', async () => {
    const { sent, ask } = bench(openai, bodyOf('application/json', records.slice(0, -5)));
    expect(await (await ask('/v1/files/f/content')).json()).toEqual({ ok: true });
    expect(sent).toHaveLength(2);
  });
});

const delta = (index: number, content: string) => ({ choices: [{ index, delta: { content }, finish_reason: null }] });
const finish = (index: number) => ({ choices: [{ index, delta: {}, finish_reason: 'stop' }] });
const candidate = (index: number, text: string, more: object = {}) => ({
  candidates: [{ index, content: { parts: [{ text }] }, ...more }],
});
const stop = { finishReason: 'STOP' };

describe('of several answers in one stream', () => {
  //  provider, events, whole?
  it.each<readonly [string, Provider, readonly unknown[], boolean]>([
    ['one choice ends, the other is open', openai, [delta(0, 'a'), delta(1, 'b'), finish(0), delta(1, 'c')], false],
    ['one ends before the other begins', openai, [delta(0, 'a'), finish(0), delta(1, 'b')], false],
    ['both end', openai, [delta(0, 'a'), delta(1, 'b'), finish(0), finish(1)], true],
    ['the mark of the end ends all', openai, [delta(0, 'a'), delta(1, 'b'), finish(0), '[DONE]'], true],
    ['an empty delta after the end opens nothing', openai, [delta(0, 'a'), finish(0), delta(0, '')], true],
    ['one candidate ends, the other is open', geminiProvider, [candidate(0, 'a', stop), candidate(1, 'b')], false],
    ['both candidates end', geminiProvider, [candidate(0, 'a', stop), candidate(1, 'b', stop)], true],
    [
      'the first, whose index is not said',
      geminiProvider,
      [{ candidates: [{ content: { parts: [{ text: 'a' }] } }] }, candidate(0, '', stop)],
      true,
    ],
    [
      'arguments that name a finish reason end nothing',
      geminiProvider,
      [{ candidates: [{ content: { parts: [{ functionCall: { name: 'f', args: stop } }] } }] }],
      false,
    ],
  ])('%s', async (_name, provider, values, isWhole) => {
    for (const isReset of [true, false]) {
      const text = events(...values);
      const { ask } = bench(provider, bodyOf('text/event-stream', text, isReset));
      const read = (await ask('/v1beta/models/g:streamGenerateContent', asking)).text();
      if (isWhole) expect(await read).toBe(text);
      else await expect(read).rejects.toThrow('terminated');
    }
  });
});

describe('an error in the place of a stream', () => {
  const acme = defineProvider({ name: 'acme' });

  //  what is sent, and the status that its SDK sees in the end
  it.each<readonly [string, Provider, string, string, number]>([
    ['without a status', openai, 'text/event-stream', events({ error: { message: 'x', type: 'server_error' } }), 500],
    ['with a status of its own', openai, 'text/event-stream', events({ error: { message: 'x', code: 503 } }), 503],
    ['in a line', ollama, 'application/x-ndjson', lines({ error: 'boom' }), 500],
    ['named by its event line', openai, 'text/event-stream', 'event: error\ndata: {"message":"boom"}\n\n', 500],
    ['the same of a provider of your own', acme, 'text/event-stream', 'event: error\ndata: boom\n\n', 500],
  ])('%s is repeated, and never comes out as a success', async (_name, provider, type, text, status) => {
    const { sent, ask } = bench(provider, ...Array.from({ length: 9 }, () => bodyOf(type, text)));
    const response = await ask('/v1/chat/completions', asking);
    expect(response.status).toBe(status);
    expect(text).toContain((await response.text()).trim());
    expect(sent.length).toBeGreaterThan(1);
  });

  it('an event by that name is nothing else when the next one comes', async () => {
    const text = `event: error\n\nevent: message\n${events(delta(0, 'a'), finish(0))}`;
    const { sent, ask } = bench(openai, bodyOf('text/event-stream', text));
    expect(await (await ask('/v1/chat/completions', asking)).text()).toBe(text);
    expect(sent).toHaveLength(1);
  });
});

it('Ollama is asked for lines without a word, and their end mark is missed', async () => {
  const text = lines({ message: { content: 'a' }, done: false });
  const { ask } = bench(ollama, bodyOf('application/x-ndjson', text));
  const response = await ask('/api/chat', { method: 'POST', body: '{"model":"m"}' });
  await expect(response.text()).rejects.toThrow('terminated');
});
