/** The example of a chat endpoint, over real sockets on both of its sides. */

import { request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { closed } from '../../../examples/chatEndpoint/closing.ts';
import { chatEndpoint } from '../../../examples/chatEndpoint/endpoint.ts';
import { GeminiCore, type GeminiCoreOptions } from '../../index.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';

interface Endpoint extends AsyncDisposable {
  readonly url: string;
  readonly simulator: Simulator;
  readonly server: Server;
}

async function endpoint(simulated: SimulatorOptions = {}, options: GeminiCoreOptions = {}): Promise<Endpoint> {
  const simulator = await startSimulator(simulated);
  const runtime = { sleep: async () => {}, random: () => 0.5 };
  const server = chatEndpoint(
    new GeminiCore({
      apiKey: 'secret-key',
      environment: {},
      runtime,
      httpOptions: { baseUrl: simulator.url },
      ...options,
    }),
  );
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`,
    simulator,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await simulator.close();
    },
  };
}

const ask = (url: string, message: unknown = 'Why is the sky blue?'): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify({ message }) });

interface Told {
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const eventsIn = (body: string): Told[] =>
  body
    .split('\n\n')
    .filter(Boolean)
    .map(text => {
      const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(text) ?? [];
      return { name, value: JSON.parse(data) };
    });

const textIn = (events: readonly Told[]): string =>
  events.map(({ name, value }) => (name === 'text' ? value['text'] : '')).join('');

describe('a chat endpoint', () => {
  const answer = () => 'The sky is blue because air scatters short waves more than long ones.';

  it('streams the answer as events', async () => {
    await using at = await endpoint({ answer, chunkCharacters: 10 });
    const response = await ask(at.url);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = eventsIn(await response.text());
    expect(textIn(events)).toBe(answer());
    expect(events.at(-1)).toMatchObject({ name: 'done', value: { finishReason: 'STOP', resumed: 0 } });
  });

  it('what fails before the first piece is retried unseen; what breaks after it goes on', async () => {
    await using at = await endpoint({
      answer,
      chunkCharacters: 20,
      script: ['503', 'reset-before-headers', 'reset-mid-body'],
    });
    const events = eventsIn(await (await ask(at.url)).text());
    expect(textIn(events)).toBe(answer());
    expect(events.at(-1)).toMatchObject({ name: 'done', value: { resumed: 1 } });
  });

  it.each([
    ['429-per-day', 429, { errorClass: 'quota', reason: 'quota-per-day' }, /^\d+$/],
    ['503', 503, { errorClass: 'server', reason: 'overloaded' }, null],
    ['finish-safety', 422, { errorClass: 'request', reason: 'blocked-content' }, null],
    ['400-key-invalid', 500, { errorClass: 'server', reason: 'internal' }, null],
  ] as const)('%s has a status of its own', async (fault, status, problem, retryAfter) => {
    await using at = await endpoint({ script: [{ fault, times: 100 }] });
    const response = await ask(at.url);
    expect(response.status).toBe(status);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { ...problem, advice: expect.any(String) } });
    expect(body).not.toMatch(/secret-key|sky/);
    if (retryAfter === null) expect(response.headers.get('retry-after')).toBeNull();
    else expect(response.headers.get('retry-after')).toMatch(retryAfter);
  });

  it('ends with a typed event where the answer fails in its middle', async () => {
    await using at = await endpoint({ answer, chunkCharacters: 5, script: [{ fault: 'sse-error-mid', times: 100 }] });
    const events = eventsIn(await (await ask(at.url)).text());
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({
      name: 'error',
      value: { errorClass: 'server', reason: 'overloaded', advice: expect.any(String) },
    });
  });

  it.each([
    ['no JSON', '{', 400],
    ['no message', '{}', 400],
    ['an empty message', '{"message":" "}', 400],
    ['too much', JSON.stringify({ message: 'x'.repeat(70_000) }), 413],
  ])('refuses %s', async (_name, body, status) => {
    await using at = await endpoint();
    const response = await fetch(at.url, { method: 'POST', body });
    expect(response.status).toBe(status);
    expect(at.simulator.ledger.requests).toEqual([]);
  });

  it('waits for its client without leaving a listener behind for each piece', async () => {
    // Each piece is more than a response holds, so that each is waited for.
    await using at = await endpoint({ answer: () => 'heron '.repeat(1_000_000), chunkCharacters: 200_000 });
    const listeners: number[] = [];
    at.server.on('request', (_request, response: ServerResponse) => {
      response.once('finish', () => listeners.push(response.listenerCount('close'), response.listenerCount('drain')));
    });
    expect(eventsIn(await (await ask(at.url)).text()).length).toBeGreaterThan(25);
    const [close = 0, drain = 0] = listeners;
    expect(close).toBeLessThan(5);
    expect(drain).toBeLessThan(2);
  });

  it('ends when it is told to, although an answer does not', async () => {
    await using at = await endpoint({ answer, chunkCharacters: 5, chunkGapMs: 3_600_000 });
    const response = await ask(at.url);
    const ended = closed(at.server, 1);
    await expect(response.text()).rejects.toThrow();
    await ended;
    expect(at.server.listening).toBe(false);
  });

  it('answers what is under way before it ends', async () => {
    await using at = await endpoint({ answer, chunkCharacters: 5, chunkGapMs: 1 });
    const response = await ask(at.url);
    const ended = closed(at.server, 60_000);
    expect(textIn(eventsIn(await response.text()))).toBe(answer());
    await ended;
  });

  it('refuses other methods and other places', async () => {
    await using at = await endpoint();
    const read = await fetch(at.url);
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(at.url.replace('/chat', '/other'), { method: 'POST', body: '{}' })).status).toBe(404);
  });
});

describe('three hundred clients at once, a tenth of whom vanish', () => {
  /** Reads the answer, or goes away after a while. */
  function client(url: string, message: string, vanishAfterMs: number | undefined): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent: false }, response => {
        let body = '';
        response.on('data', piece => {
          body += piece;
        });
        response.on('end', () => resolve(body));
        response.on('error', () => resolve('gone'));
      });
      sent.on('error', error => (vanishAfterMs === undefined ? reject(error) : resolve('gone')));
      sent.end(JSON.stringify({ message }));
      if (vanishAfterMs !== undefined) setTimeout(() => sent.destroy(), vanishAfterMs);
    });
  }

  it('the others are answered, and of those who vanished no request stays open', async () => {
    await using at = await endpoint({
      answer: prompt => `An answer to ${prompt}, in a few pieces.`,
      chunkCharacters: 8,
      chunkGapMs: 100,
    });
    const random = mulberry(3);
    const ends = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const vanishes = index % 10 === 0;
        const body = await client(at.url, `question ${index}`, vanishes ? 50 + random() * 300 : undefined);
        return vanishes || textIn(eventsIn(body)) === `An answer to question ${index}, in a few pieces.`;
      }),
    );
    expect(ends.every(Boolean)).toBe(true);
    for (
      let turn = 0;
      turn < 100 && at.simulator.ledger.requests.some(({ closedAtMs }) => closedAtMs === undefined);
      turn += 1
    ) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect(at.simulator.ledger.requests.filter(({ closedAtMs }) => closedAtMs === undefined)).toEqual([]);
  });
});
