import { describe, expect, it } from 'vitest';
import { fetchByHost, isProviderError, openai, type ResilientFetchOptions } from '../../fetch.ts';
import type { ResilienceEvent } from '../../resilience/events.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { doors } from './doors.ts';
import { bad, lostConnection, openStream, type Step, scriptedTransport } from './scriptedTransport.ts';

const address = 'https://api.example.com/v1/chat/completions';
type Body = NonNullable<RequestInit['body']>;
const post = (body: Body = '{"model":"m"}', headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { authorization: 'Bearer secret-key-1', ...headers },
  body,
});

describe.each(doors)('%s', (_door, create) => {
  function bench(script: readonly Step[], options: ResilientFetchOptions = {}) {
    const runtime = new VirtualRuntime();
    const { fetch: transport, sent } = scriptedTransport(...script);
    const warnings: string[] = [];
    const fetch = create(openai, {
      fetch: transport,
      runtime,
      onWarning: message => warnings.push(message),
      ...options,
    });
    return { runtime, sent, warnings, fetch };
  }

  const quiet = { onWarning: () => {} };

  /** No waits worth the name. */
  const realTime: ResilientFetchOptions = { runtime: {}, retry: { baseDelayMs: 0 } };

  describe('what a request is sent with again', () => {
    const form = new FormData();
    form.set('file', new Blob(['abc']), 'a.txt');
    const bodies: readonly (readonly [string, Body, string])[] = [
      ['a text', '{"model":"m"}', '{"model":"m"}'],
      ['bytes', new TextEncoder().encode('abc'), 'abc'],
      ['an ArrayBuffer', new TextEncoder().encode('abc').buffer, 'abc'],
      ['parameters', new URLSearchParams({ a: '1' }), 'a=1'],
      ['a Blob', new Blob(['abc']), 'abc'],
      ['a form', form, 'abc'],
    ];

    it.each(bodies)('%s is sent again whole', async (_name, body, text) => {
      // Reading a Blob is work that virtual time does not see.
      const { fetch, sent } = bench([bad(503)], realTime);
      const response = await fetch(address, post(body));
      expect(response.status).toBe(200);
      expect(sent).toHaveLength(2);
      for (const one of sent) expect(one.body).toContain(text);
    });

    it('a Request is cloned, and keeps its headers', async () => {
      const { runtime, fetch, sent } = bench([bad(503), lostConnection()]);
      const request = new Request(address, post('abc', { 'x-own': '1' }));
      expect((await runtime.settle(fetch(request))).status).toBe(200);
      expect(sent.map(({ body, headers }) => [body, headers.get('x-own')])).toEqual([
        ['abc', '1'],
        ['abc', '1'],
        ['abc', '1'],
      ]);
    });

    it.each([
      ['503', bad(503), 503],
      ['429', bad(429), 429],
    ])('a stream is sent once, and %s comes out', async (_name, answer, status) => {
      const { fetch, sent } = bench([answer], realTime);
      const body = new Blob(['abc']).stream();
      const init = { ...post(body), duplex: 'half' } as RequestInit;
      expect((await fetch(address, init)).status).toBe(status);
      expect(sent).toHaveLength(1);
    });

    it.each([
      ['/v1/chat/completions', 4],
      ['/v1/files', 1],
      ['/v1/threads/t/messages', 1],
    ])('a POST to %s whose answer got lost is sent %i times', async (path, times) => {
      const { runtime, fetch, sent } = bench(Array.from({ length: 9 }, lostConnection));
      await expect(runtime.settle(fetch(`https://api.example.com${path}`, post()))).rejects.toThrow('fetch failed');
      expect(sent).toHaveLength(times);
    });

    it('with an idempotency key, what creates something is sent again, too', async () => {
      const { runtime, fetch, sent } = bench([lostConnection()]);
      await runtime.settle(fetch('https://api.example.com/v1/files', post('{}', { 'idempotency-key': 'k' })));
      expect(sent).toHaveLength(2);
    });
  });

  describe('what comes out in the end', () => {
    it('the last bad response, with body and headers intact', async () => {
      const body = { error: { message: 'bad', type: 'invalid_request_error', param: 'x', code: null } };
      const { runtime, fetch } = bench([bad(400, body, { 'x-request-id': 'req_1' })]);
      const response = await runtime.settle(fetch(address, post()));
      expect([response.status, response.headers.get('x-request-id')]).toEqual([400, 'req_1']);
      expect(await response.json()).toEqual(body);
    });

    it('the platform’s own error, as it was', async () => {
      const errors = Array.from({ length: 4 }, lostConnection);
      const { runtime, fetch } = bench(errors);
      await expect(runtime.settle(fetch(address, post()))).rejects.toBe(errors[3]);
    });

    it('the caller’s own reason, at once, in the midst of a wait', async () => {
      const { runtime, fetch, sent } = bench([bad(429, {}, { 'retry-after': '60' })]);
      const controller = new AbortController();
      const ended = fetch(address, { ...post(), signal: controller.signal });
      runtime.setTimer(1_000, () => controller.abort(new Error('enough')));
      await expect(runtime.settle(ended)).rejects.toThrow('enough');
      expect(runtime.now()).toBeLessThan(3_000);
      expect(sent).toHaveLength(1);
    });

    it('a date to come back at is waited for by the client’s own clock', async () => {
      const clock = new VirtualRuntime();
      clock.advance(3_600_000);
      const startMs = clock.now();
      const date = new Date(clock.wallClock() + 30_000).toUTCString();
      const { fetch } = bench([bad(429, {}, { 'retry-after': date })], { runtime: clock });
      expect((await clock.settle(fetch(address, post()))).status).toBe(200);
      expect(clock.now() - startMs).toBeGreaterThanOrEqual(29_000);
      expect(clock.now() - startMs).toBeLessThan(35_000);
    });

    it.each<readonly [string, Step]>([
      ['cut JSON', new Response('{"choices":[', { headers: { 'content-type': 'application/json' } })],
      ['an error inside a 200', bad(200, { error: { message: 'overloaded', code: 503 } })],
      ['a body that breaks', () => brokenBody()],
    ])('after %s: the next answer', async (_name, step) => {
      const { runtime, fetch, sent } = bench([step]);
      expect(await (await runtime.settle(fetch(address, post()))).json()).toEqual({ ok: true });
      expect(sent).toHaveLength(2);
    });

    it('bytes of an unknown kind are handed on unread, and their end is watched', async () => {
      const { response, end } = openStream('audio/mpeg', 'abc');
      const { runtime, fetch } = bench([response]);
      const answer = await runtime.settle(fetch(address, post()));
      const read = answer.text();
      end();
      expect(await read).toBe('abc');
    });

    it('who asks for a stream gets one, whatever it calls itself', async () => {
      const { response, end } = openStream('text/plain', 'abc');
      const { runtime, fetch } = bench([response]);
      const answer = await runtime.settle(fetch(address, post('{"model":"m","stream":true}')));
      const read = answer.text();
      end();
      expect(await read).toBe('abc');
    });

    it('a text that is too large to be held is handed on whole', async () => {
      const piece = 'x'.repeat(1_048_576);
      const { response, end } = openStream('text/plain', ...Array.from({ length: 40 }, () => piece));
      const { runtime, fetch } = bench([response]);
      const answer = await runtime.settle(fetch(address, post()));
      end();
      expect((await answer.text()).length).toBe(40 * 1_048_576);
    });
  });

  function brokenBody(): Response {
    const pull = (controller: ReadableStreamDefaultController): void => controller.error(new TypeError('terminated'));
    return new Response(new ReadableStream({ pull }), { headers: { 'content-type': 'application/json' } });
  }

  describe('settings of one call', () => {
    it('private headers set them, and never leave the machine', async () => {
      const { runtime, fetch, sent } = bench([bad(429, { error: { message: 'slow' } }, { 'retry-after': '60' })]);
      const response = await runtime.settle(fetch(address, post('{}', { 'x-geminicore-deadline-ms': '5000' })));
      expect(response.status).toBe(429);
      expect(await response.json()).toEqual({ error: { message: 'slow' } });
      expect(runtime.now()).toBeLessThan(2_000);
      expect([...(sent[0]?.headers.keys() ?? [])].filter(name => name.startsWith('x-geminicore'))).toEqual([]);
    });

    it('so do options of a fetch of its own, which shares the state', async () => {
      const { runtime, fetch, sent } = bench([bad(503)]);
      expect((await runtime.settle(fetch.with({ maxRetries: 0 })(address, post()))).status).toBe(503);
      expect(sent).toHaveLength(1);
    });

    it.each([
      ['x-geminicore-deadline-ms', '0', 'from 1 to 86400000 ms'],
      ['x-geminicore-max-retries', 'many', 'from 0 to 1000'],
      ['x-geminicore-typo', '1', 'one of x-geminicore-deadline-ms'],
    ])('a bad %s is refused before anything is sent', async (name, value, allowed) => {
      const { fetch, sent } = bench([]);
      const error = await fetch(address, post('{}', { [name]: value })).catch((caught: unknown) => caught);
      expect(isProviderError(error) && error.failure.reason).toBe('client-config');
      expect(String(error)).toContain(name);
      expect(String(error)).toContain(allowed);
      expect(sent).toHaveLength(0);
    });

    it.each<readonly [object, string]>([
      [{ deadlineMs: -1 }, 'options.deadlineMs'],
      [{ retry: { maxRetries: 1.5 } }, 'options.retry.maxRetries'],
      [{ retry: { retryOn: ['no-such-reason'] } }, 'options.retry.retryOn[0]'],
      [{ fetch: 'no' }, 'options.fetch'],
      [{ sdkRetries: 'sometimes' }, 'sdkRetries'],
      [{ tpyo: 1 }, 'options.tpyo'],
    ])('%j is refused by name', (options, field) => {
      expect(() => create(openai, options)).toThrow(field);
    });
  });

  describe('one fetch of ours that sends with another', () => {
    it.each<readonly [string, () => Step, number]>([
      ['an outage', () => bad(503), 4],
      ['lost connections', lostConnection, 4],
      ['a bad request', () => bad(400), 1],
    ])('multiplies no attempts: %s', async (_name, step, times) => {
      const { runtime, fetch, sent } = bench(Array.from({ length: 20 }, step));
      const outer = create(openai, { fetch: fetchByHost({ 'api.example.com': fetch }), runtime, ...quiet });
      const end = await runtime.settle(outer(address, post())).catch((error: unknown) => String(error));
      expect(end instanceof Response ? end.status : end).toEqual(
        step() instanceof Error ? 'TypeError: fetch failed' : times === 1 ? 400 : 503,
      );
      expect(sent).toHaveLength(times);
    });

    it('an answer after trouble is an answer for both, and the next call begins anew', async () => {
      const { runtime, fetch, sent } = bench([bad(503), lostConnection()]);
      const outer = create(openai, { fetch, runtime, ...quiet });
      expect((await runtime.settle(outer(address, post()))).status).toBe(200);
      expect((await runtime.settle(outer(new Request(address, post())))).status).toBe(200);
      expect(sent).toHaveLength(4);
    });
  });

  describe('a fetch by host', () => {
    it.each([
      ['https://one.example/a', 'one'],
      ['https://one.example:8443/a', 'else'],
      ['https://two.example/a', 'else'],
    ])('%s goes to %s', async (url, expected) => {
      const named = (name: string) => async (): Promise<Response> => new Response(name);
      const fetch = fetchByHost({ 'one.example': named('one') }, named('else'));
      for (const input of [url, new URL(url), new Request(url)])
        expect(await (await fetch(input)).text()).toBe(expected);
    });
  });

  describe('the policies', () => {
    const event = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

    it('a stream keeps its place until it ends', async () => {
      const { response, end } = openStream('text/event-stream', event('a'), 'data: [DONE]\n\n');
      const { runtime, fetch, sent } = bench([response], { concurrency: { maxConcurrency: 1 } });
      const first = await runtime.settle(fetch(address, post('{"model":"m","n":1}')));
      const second = fetch(address, post('{"model":"m","n":2}'));
      await new Promise(setImmediate);
      expect(sent).toHaveLength(1);
      const text = first.text();
      end();
      expect(await text).toContain('"a"');
      expect((await runtime.settle(second)).status).toBe(200);
      expect(sent).toHaveLength(2);
    });

    it('a consumer that stops reading frees place and socket', async () => {
      const { response } = openStream('text/event-stream', event('a'));
      const { runtime, fetch, sent } = bench([response], { concurrency: { maxConcurrency: 1 } });
      const first = await runtime.settle(fetch(address, post('{"model":"m","n":1}')));
      await first.body?.cancel();
      expect(sent[0]?.signal?.aborted).toBe(true);
      expect((await runtime.settle(fetch(address, post('{"model":"m","n":2}')))).status).toBe(200);
    });

    it('a consumer that neither reads on nor stops keeps no place for longer than the idle limit', async () => {
      const { response } = openStream('text/event-stream', event('a'));
      const { runtime, fetch, sent } = bench([response], { concurrency: { maxConcurrency: 1 }, idleTimeoutMs: 5_000 });
      await runtime.settle(fetch(address, post('{"model":"m","n":1}')));
      const beforeMs = runtime.now();
      expect((await runtime.settle(fetch(address, post('{"model":"m","n":2}')))).status).toBe(200);
      expect(runtime.now() - beforeMs).toBe(5_000);
      expect(sent[0]?.signal?.aborted).toBe(false);
    });

    it('a stream that stalls ends in an error, after the idle limit', async () => {
      const { response } = openStream('text/event-stream', event('a'));
      const { runtime, fetch } = bench([response], { idleTimeoutMs: 5_000 });
      const stream = await runtime.settle(fetch(address, post()));
      await expect(runtime.settle(stream.text())).rejects.toThrow('idleTimeoutMs');
    });

    it.each([
      ['comments', 'idleTimeoutMs', ': ping\n\n'],
      ['more of the answer', 'totalTimeoutMs', event('a')],
    ])('a stream that goes on with %s ends by its %s', async (_what, limit, piece) => {
      const { runtime, fetch } = bench([() => dripping(piece)], { idleTimeoutMs: 5_000, totalTimeoutMs: 60_000 });
      const dripping = (again: string): Response => {
        let count = 0;
        const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
          if (count > 0) await runtime.sleep(1_000);
          controller.enqueue(new TextEncoder().encode(count === 0 ? event('a') : again));
          count += 1;
        };
        const body = new ReadableStream({ pull }, { highWaterMark: 0 });
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
      };
      const stream = await runtime.settle(fetch(address, post()));
      await expect(runtime.settle(stream.text())).rejects.toThrow(limit);
    });

    it('who reads slowly is not taken for a server that is silent', async () => {
      const pieces = [event('a'), ': ping\n\n', event('b'), 'data: [DONE]\n\n'];
      const { response, end } = openStream('text/event-stream', ...pieces);
      const { runtime, fetch } = bench([response], { idleTimeoutMs: 5_000 });
      const reader = (await runtime.settle(fetch(address, post()))).body?.getReader();
      end();
      for (const piece of pieces) {
        await runtime.settle(runtime.sleep(4_000));
        const read = await runtime.settle(reader?.read() ?? Promise.reject());
        expect(new TextDecoder().decode(read.value)).toBe(piece);
      }
    });

    it('limits in the headers of a good answer hold the next request back', async () => {
      const headers = {
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1m0s',
      };
      const { runtime, fetch, sent } = bench([Response.json({ n: 1 }, { headers })]);
      await runtime.settle(fetch(address, post('{"model":"m","n":1}')));
      const beforeMs = runtime.now();
      await runtime.settle(fetch(address, post('{"model":"m","n":2}')));
      expect(runtime.now() - beforeMs).toBeGreaterThanOrEqual(1_000);
      expect(sent).toHaveLength(2);
    });

    it('a slow answer is asked for a second time, and the first to come counts', async () => {
      const never = (): Promise<Response> => new Promise(() => {});
      const { runtime, fetch, sent } = bench([never, Response.json({ second: true })], { hedgeAfterMs: 1_000 });
      const answer = await runtime.settle(fetch(address, post()));
      expect(await answer.json()).toEqual({ second: true });
      expect(sent).toHaveLength(2);
      expect(sent[0]?.signal?.aborted).toBe(true);
    });

    it('who is refused unsent for another’s spent credit is told so, and not what the other was told', async () => {
      const spent = { error: { message: 'You exceeded your current quota: words of A', code: 'insufficient_quota' } };
      const { runtime, fetch, sent } = bench([bad(429, spent)]);
      await runtime.settle(fetch(address, post('{"model":"m","n":1}')));
      const refused = await runtime.settle(fetch(address, post('{"model":"m","n":2}')));
      expect(sent).toHaveLength(1);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
      const text = await refused.text();
      expect(text).toContain('quota-billing');
      expect(text).not.toContain('words of A');
    });

    it('and who was sent before keeps its own answer', async () => {
      const spent = { error: { message: 'You exceeded your current quota: words of A', code: 'insufficient_quota' } };
      const { runtime, fetch, sent } = bench([bad(503, { error: { message: 'own' } }), bad(429, spent)]);
      const first = fetch(address, post('{"model":"m","n":1}'));
      await new Promise(setImmediate);
      await fetch(address, post('{"model":"m","n":2}'));
      const response = await runtime.settle(first);
      expect(sent).toHaveLength(2);
      expect([response.status, await response.json()]).toEqual([503, { error: { message: 'own' } }]);
    });

    it('tells what happens, and shows neither key nor prompt', async () => {
      const events: ResilienceEvent[] = [];
      const { runtime, fetch } = bench([bad(503, { error: { message: 'key secret-key-1 is fine' } })], {
        onEvent: one => events.push(one),
      });
      await runtime.settle(fetch(address, post('{"model":"m","prompt":"my secret prompt"}')));
      expect(events.map(({ type }) => type)).toEqual([
        'attempt-start',
        'attempt-end',
        'retry-wait',
        'attempt-start',
        'attempt-end',
        'call-end',
      ]);
      expect(events[0]).toMatchObject({ operation: 'chat/completions', model: 'm' });
      expect(JSON.stringify(events)).not.toMatch(/secret/);
    });

    it('nor a key that stands in the address', async () => {
      const events: ResilienceEvent[] = [];
      const answer = bad(400, { error: { message: 'API key not valid: my-own-odd-key' } });
      const { runtime, fetch } = bench([answer], { onEvent: one => events.push(one) });
      await runtime.settle(fetch(`${address}?key=my-own-odd-key`, { method: 'POST', body: '{}' }));
      expect(JSON.stringify(events)).toContain('not valid');
      expect(JSON.stringify(events)).not.toContain('odd-key');
    });
  });

  it('a quarter of 1,000 requests at once fails: their retries do not queue for a budget', async () => {
    const runtime = new VirtualRuntime();
    let sent = 0;
    const transport = async (): Promise<Response> => {
      sent += 1;
      const isBad = sent % 4 === 0;
      await runtime.sleep(10);
      return isBad ? bad(503) : Response.json({ ok: true });
    };
    const fetch = create(openai, { fetch: transport, runtime });
    const ask = async (): Promise<number> => (await fetch(address, post())).status;
    const statuses = await runtime.settle(Promise.all(Array.from({ length: 1_000 }, ask)));
    expect(statuses.filter(status => status !== 200).length).toBeLessThanOrEqual(10);
    expect(sent).toBeLessThan(1_400);
    expect(runtime.now()).toBeLessThan(20_000);
  });
});
