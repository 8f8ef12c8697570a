import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { openai, type ResilientFetch, type ResilientFetchOptions } from '../../fetch.ts';
import type { Transport } from '../../resilience/transport.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { doors } from './doors.ts';
import { bad, type Step, scriptedTransport } from './scriptedTransport.ts';

const address = 'https://api.example.com/v1/chat/completions';

/** How SDKs introduce themselves, by what they send. */
const aiSdk = { 'user-agent': 'ai/7.0.173 ai-sdk-provider-utils/5.0.81 node.js/24' };
const langChain = { 'x-goog-api-client': 'genai-js/0.24.1' };
const oldOpenAi = { 'user-agent': 'OpenAI/JS 4.20.0' };
const counting = (count: number) => ({
  'user-agent': 'OpenAI/JS 7.57.0',
  'x-stainless-retry-count': String(count),
});

const post = (headers: Record<string, string> = {}, body: string | FormData = '{"model":"m"}'): RequestInit => ({
  method: 'POST',
  headers: { authorization: 'Bearer secret-key-1', ...headers },
  body,
});

describe.each(doors)('%s', (_door, create) => {
  function bench(script: readonly Step[], options: ResilientFetchOptions = {}) {
    const runtime = new VirtualRuntime();
    const { fetch: transport, sent } = scriptedTransport(...script);
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const fetch = create(openai, { fetch: transport, runtime, onWarning, ...options });
    const ask = (init: RequestInit, of: ResilientFetch = fetch): Promise<Response> => runtime.settle(of(address, init));
    const wait = (ms: number): Promise<void> => runtime.settle(runtime.sleep(ms));
    return { runtime, sent, warnings, fetch, ask, wait };
  }

  const down = (): Step[] => Array.from({ length: 4 }, () => bad(503, { error: { message: 'down' } }));

  describe('an SDK that repeats by itself', () => {
    it.each<readonly [string, readonly number[], (count: number) => Record<string, string>]>([
      ['counts its attempts', [500, 1_000, 8_000], counting],
      ['doubles its waits, as the AI SDK does', [2_000, 4_000, 8_000], () => aiSdk],
      ['waits at random, as LangChain does', [1_100, 3_900, 4_100], () => langChain],
      ['does not count yet, as OpenAI’s did not', [400, 990, 1_600], () => oldOpenAi],
    ])('and %s is given the same end again, unsent, and told of once', async (_name, waits, headers) => {
      const { sent, warnings, ask, wait } = bench(down());
      for (const [at, ms] of [0, ...waits].entries()) {
        await wait(ms);
        const response = await ask(post(headers(at)));
        expect([response.status, await response.json()]).toEqual([503, { error: { message: 'down' } }]);
      }
      expect(sent).toHaveLength(4);
      expect(warnings).toEqual([expect.stringContaining('maxRetries: 0')]);
    });

    it('heeds the wait that it was told, and is known by it', async () => {
      const { sent, ask, wait } = bench([bad(429, {}, { 'retry-after': '30' })], { retry: { maxRetries: 0 } });
      await ask(post(aiSdk));
      await wait(30_000);
      expect((await ask(post(aiSdk))).status).toBe(429);
      expect(sent).toHaveLength(1);
    });

    it('repeats each of its calls, also where two users ask the same', async () => {
      const { sent, ask, wait } = bench([bad(503), bad(503)], { retry: { maxRetries: 0 } });
      await Promise.all([ask(post(aiSdk)), ask(post(aiSdk))]);
      expect(sent).toHaveLength(2);
      await wait(2_000);
      const statuses = [(await ask(post(aiSdk))).status, (await ask(post(aiSdk))).status];
      expect([statuses, sent.length]).toEqual([[503, 503], 2]);
      // A third one at that time is nobody's repetition.
      expect([(await ask(post(aiSdk))).status, sent.length]).toEqual([200, 3]);
    });

    it('says which attempt it is: that is enough to be told of', async () => {
      const { warnings, ask } = bench([]);
      await ask(post({ 'x-stainless-retry-count': '1', 'user-agent': 'Anthropic/JS 1.0' }));
      expect(warnings).toEqual([expect.stringContaining('new Anthropic({ maxRetries: 0 })')]);
    });

    it('on request it is let through', async () => {
      const { sent, ask, wait } = bench(down(), { sdkRetries: 'send' });
      await ask(post(counting(0)));
      await wait(500);
      expect((await ask(post(counting(1)))).status).toBe(200);
      expect(sent).toHaveLength(5);
    });

    it('without a listener of yours the console is told', async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const { fetch: transport } = scriptedTransport();
      const fetch = create(openai, { fetch: transport });
      await fetch(address, post({ 'x-stainless-retry-count': '1' }));
      await fetch(address, post({ 'x-stainless-retry-count': '2' }));
      expect(warn).toHaveBeenCalledTimes(1);
      warn.mockRestore();
    });
  });

  describe('who asks the same again is asking anew', () => {
    //  what is asked after the first failed, after so many milliseconds
    it.each<readonly [string, RequestInit, RequestInit, number]>([
      ['a program of no SDK, at once', post(), post(), 0],
      ['a program that polls', post(), post(), 2_000],
      ['a request with another body', post(aiSdk), post(aiSdk, '{"model":"n"}'), 2_000],
      ['one with another key', post(aiSdk), post({ ...aiSdk, authorization: 'Bearer another-key' }), 2_000],
      ['an SDK’s first attempt', post(counting(0)), post(counting(0)), 500],
      ['one that comes too early for its SDK', post(aiSdk), post(aiSdk), 1_000],
      ['one that comes too late for it', post(aiSdk), post(aiSdk), 9_000],
      ['one with a longer deadline', post(aiSdk), post({ ...aiSdk, 'x-geminicore-deadline-ms': '90000' }), 2_000],
    ])('%s', async (_name, first, second, waitMs) => {
      const { sent, warnings, ask, wait } = bench(down());
      expect((await ask(first)).status).toBe(503);
      await wait(waitMs);
      expect((await ask(second)).status).toBe(200);
      expect([sent.length, warnings]).toEqual([5, []]);
    });

    it('so is who allows more time, by a fetch of its own', async () => {
      const never = (): Promise<Response> => new Promise(() => {});
      const { fetch, sent, ask, wait } = bench([never]);
      await expect(ask(post(counting(0)), fetch.with({ deadlineMs: 100 }))).rejects.toThrow('100 ms');
      await wait(500);
      expect((await ask(post(counting(1)), fetch.with({ deadlineMs: 60_000 }))).status).toBe(200);
      expect(sent).toHaveLength(2);
    });

    it('so is an SDK whose repetition comes after more than a minute', async () => {
      const { sent, ask, wait } = bench(down());
      await ask(post(counting(0)));
      await wait(61_000);
      expect((await ask(post(counting(1)))).status).toBe(200);
      expect(sent).toHaveLength(5);
    });

    it('a conflict that a program sees is its own to repeat', async () => {
      const { sent, ask, wait } = bench([bad(409, { error: { message: 'run is active' } })], {
        retry: { maxRetries: 0 },
      });
      expect((await ask(post())).status).toBe(409);
      await wait(500);
      expect((await ask(post())).status).toBe(200);
      expect(sent).toHaveLength(2);
    });

    it.each([404, 400])(
      'what no SDK repeats is not remembered, as %i: its user may have put it right',
      async status => {
        const { sent, ask, wait } = bench([bad(status)]);
        await ask(post(aiSdk));
        await wait(2_000);
        expect((await ask(post(aiSdk))).status).toBe(200);
        expect(sent).toHaveLength(2);
      },
    );

    it('what has succeeded since is no longer given up', async () => {
      const { sent, ask, wait } = bench(down());
      await ask(post(counting(0)));
      await ask(post(counting(0)));
      await wait(500);
      expect((await ask(post(counting(1)))).status).toBe(200);
      expect(sent).toHaveLength(6);
    });

    it('an upload that may have been carried out is not sent again: the SDK repeats the very same form', async () => {
      const lost = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
      const { fetch: transport, sent } = scriptedTransport(lost);
      const fetch = create(openai, { fetch: transport, onWarning: () => {} });
      const form = new FormData();
      form.set('file', new Blob(['abc']), 'a.jsonl');
      for (const count of [0, 1, 2])
        await expect(fetch('https://api.example.com/v1/files', post(counting(count), form))).rejects.toThrow(
          'fetch failed',
        );
      expect(sent).toHaveLength(1);
    });

    it('a status that it repeats only because it is told to is given up for it as well', async () => {
      const should = (): Response => bad(400, {}, { 'x-should-retry': 'true' });
      const { sent, ask, wait } = bench(Array.from({ length: 9 }, () => should));
      for (const count of [0, 1]) {
        expect((await ask(post(counting(count)))).status).toBe(400);
        await wait(500);
      }
      expect(sent).toHaveLength(4);
    });

    it('a form is not told from another by its text, and so never taken for it', async () => {
      const form = (text: string): FormData => {
        const made = new FormData();
        made.set('file', new Blob([text], { type: 'audio/wav' }), 'a');
        return made;
      };
      const { fetch: transport, sent } = scriptedTransport(bad(503));
      const fetch = create(openai, { fetch: transport, retry: { maxRetries: 0 }, onWarning: () => {} });
      await fetch(address, post(counting(0), form('one')));
      expect((await fetch(address, post(counting(1), form('two')))).status).toBe(200);
      expect(sent).toHaveLength(2);
    });
  });

  it('of what was given up, the request is not kept', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const held: WeakRef<object>[] = [];
    const transport: Transport = async (_input, init) => {
      held.push(new WeakRef(init?.body as unknown as object));
      return bad(503, { error: { message: 'down' } });
    };
    const fetch = create(openai, { fetch: transport, retry: { maxRetries: 0 } });
    for (let n = 0; n < 20; n += 1) {
      const response = await fetch(address, { ...post(counting(0)), body: new TextEncoder().encode(`{"n":${n}}`) });
      await response.text();
    }
    for (let round = 0; round < 20; round += 1) {
      await new Promise(setImmediate);
      collect();
    }
    // The last may still be on the stack.
    expect(held.filter(one => one.deref() !== undefined).length).toBeLessThanOrEqual(1);
  });
});
