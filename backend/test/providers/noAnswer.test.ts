import { describe, expect, it } from 'vitest';
import { anthropic, lyzr, ollama, openai, type Provider } from '../../fetch.ts';
import { geminiProvider } from '../../gemini/geminiProviders.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { doors } from './doors.ts';
import { openStream, type Step, scriptedTransport } from './scriptedTransport.ts';
import { anthropicWire, geminiWire, ollamaWire, openAiWire, type Wire } from './wires.ts';

const host = 'https://api.example.com';
const models: readonly (readonly [string, Provider, Wire, string, string])[] = [
  ['openai', openai, openAiWire, '/v1/chat/completions', '/v1/chat/completions'],
  ['anthropic', anthropic, anthropicWire, '/v1/messages', '/v1/messages'],
  ['ollama', ollama, ollamaWire, '/api/chat', '/api/chat'],
  ['gemini', geminiProvider, geminiWire, '/v1beta/models/g:generateContent', '/v1beta/models/g:streamGenerateContent'],
];

const of =
  (body: string | null, type?: string, status = 200) =>
  (): Response => {
    const response = new Response(body === null ? null : new TextEncoder().encode(body), { status });
    if (type !== undefined) response.headers.set('content-type', type);
    return response;
  };
const page = '<!DOCTYPE html>\n<html><title>Sign in</title></html>';
const broken = { error: { message: 'Upstream failed.', type: 'server_error' } };

/** What no model answers with, although its status is a good one. */
const noAnswers: readonly (readonly [string, () => Response])[] = [
  ['nothing', of('')],
  ['nothing that calls itself JSON', of('', 'application/json')],
  ['white space', of(' \n', 'application/json')],
  ['no content', of(null, undefined, 204)],
  ['a page', of(page, 'text/html; charset=utf-8')],
  ['a page that calls itself plain', of(page, 'text/plain')],
  ['an error that states no status', of(JSON.stringify(broken), 'application/json')],
  ['the same without a type', of(JSON.stringify(broken))],
  ['an error with a status', of(JSON.stringify({ error: { message: 'x', code: 503 } }), 'Application/JSON')],
];

describe.each(doors)('%s', (_door, create) => {
  function bench(provider: Provider, script: readonly Step[], path: string, isStream: boolean) {
    const runtime = new VirtualRuntime();
    const { fetch: transport, sent } = scriptedTransport(...script);
    const fetch = create(provider, { fetch: transport, runtime });
    const init = { method: 'POST', body: JSON.stringify({ model: 'm', ...(isStream && { stream: true }) }) };
    const ask = (): Promise<Response> => runtime.settle(fetch(`${host}${path}`, init));
    return { sent, ask };
  }

  describe.each(models)('%s', (_name, provider, wire, wholePath, streamPath) => {
    const good = wire.pieces.join('');

    it.each(noAnswers)('%s in the place of an answer is repeated', async (_title, make) => {
      const { sent, ask } = bench(provider, [make, of(wire.answer, 'application/json')], wholePath, false);
      expect(await (await ask()).text()).toBe(wire.answer);
      expect(sent).toHaveLength(2);
    });

    it.each(noAnswers)('%s in the place of a stream is repeated', async (_title, make) => {
      const { sent, ask } = bench(provider, [make, of(good, wire.streamType)], streamPath, true);
      expect(await (await ask()).text()).toBe(good);
      expect(sent).toHaveLength(2);
    });

    it.each(noAnswers)('%s never comes out as a success', async (_title, make) => {
      for (const isStream of [false, true]) {
        const { ask } = bench(
          provider,
          Array.from({ length: 9 }, () => make),
          isStream ? streamPath : wholePath,
          isStream,
        );
        const [response, expected] = [await ask(), make()];
        expect(response.status).toBeGreaterThanOrEqual(500);
        expect(await response.text()).toBe(await expected.text());
      }
    });
  });

  const event = openAiWire.pieces.slice(0, 2).join('');
  it.each(['text/plain', '', 'Text/Event-Stream'])(
    'events that call themselves "%s" are watched as events: what is cut is no whole answer',
    async type => {
      const { ask } = bench(openai, [of(event, type)], '/v1/chat/completions', true);
      await expect((await ask()).text()).rejects.toThrow('terminated');
    },
  );

  it('and an error among them, before the first text, is repeated', async () => {
    const script = [of(openAiWire.errorPiece, 'text/plain'), of(openAiWire.pieces.join(''), 'text/plain')];
    const { sent, ask } = bench(openai, script, '/v1/chat/completions', true);
    expect(await (await ask()).text()).toBe(openAiWire.pieces.join(''));
    expect(sent).toHaveLength(2);
  });

  it('an array that is a stream without events is handed on as it comes', async () => {
    const { response, end } = openStream('application/json', '[{"candidates":[]}', ',{"candidates":[]}]');
    const { sent, ask } = bench(geminiProvider, [response], '/v1beta/models/g:streamGenerateContent', true);
    const answer = await ask();
    const text = answer.text();
    end();
    expect(await text).toBe('[{"candidates":[]},{"candidates":[]}]');
    expect(sent).toHaveLength(1);
  });

  //  who may answer with nothing, with a page, or with an object that begins so
  it.each<readonly [string, Provider, string, string, () => Response]>([
    ['a deletion', openai, 'DELETE', '/v1/files/f', of('', 'application/json')],
    ['a file', openai, 'GET', '/v1/files/f/content', of('')],
    ['a page that was asked for', openai, 'GET', '/docs', of(page, 'text/html')],
    ['a copy of a model', ollama, 'POST', '/api/copy', of('')],
    ['a notice that is taken', openai, 'POST', '/mcp', of(null, undefined, 202)],
    ['a job that has failed', openai, 'GET', '/v1/jobs/j', of(JSON.stringify(broken), 'application/json')],
    ['an agent', lyzr, 'POST', '/v3/inference/chat/', of('')],
    ['a redirect that is not followed', openai, 'POST', '/v1/chat/completions', of(null, undefined, 304)],
  ])('%s is handed on as it is', async (_title, provider, method, path, make) => {
    const runtime = new VirtualRuntime();
    const { fetch: transport, sent } = scriptedTransport(make);
    const headers = { accept: 'application/json, text/event-stream' };
    const init = { method, headers, ...(method === 'POST' && { body: '{}' }) };
    const response = await runtime.settle(create(provider, { fetch: transport, runtime })(`${host}${path}`, init));
    const expected = make();
    expect([response.status, await response.text()]).toEqual([expected.status, await expected.text()]);
    expect(sent).toHaveLength(1);
  });
});
