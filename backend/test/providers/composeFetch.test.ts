import { describe, expect, it } from 'vitest';
import { bundled } from '../../../scripts/sizes.ts';
import {
  breaker,
  type ComposedFetchOptions,
  composeFetch,
  concurrency,
  createResilientFetch,
  createRuntime,
  type FetchPart,
  hedging,
  isProviderError,
  openai,
  quota,
  retryBudget,
  sdkRetries,
} from '../../fetch.ts';
import { geminiProvider } from '../../index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { bad, lostConnection, openStream, type Step, scriptedTransport } from './scriptedTransport.ts';

const address = 'https://api.example.com/v1/chat/completions';
const sdk = { 'user-agent': 'OpenAI/JS 7.57.0', 'x-stainless-retry-count': '1' };
const spent = () => bad(429, { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } });

function bench(script: readonly Step[], options: ComposedFetchOptions = {}) {
  const runtime = new VirtualRuntime();
  const { fetch: transport, sent } = scriptedTransport(...script);
  const fetch = composeFetch(openai, { fetch: transport, runtime: createRuntime(runtime), ...options });
  const ask = (headers: Record<string, string> = {}): Promise<Response> =>
    runtime.settle(fetch(address, { method: 'POST', headers, body: '{"model":"m"}' }));
  return { runtime, sent, fetch, ask };
}

describe('a fetch of no parts', () => {
  it.each<readonly [string, readonly Step[]]>([
    ['an overload', [bad(503), bad(529)]],
    ['a lost connection', [lostConnection(), lostConnection()]],
    ['a stated wait', [bad(429, {}, { 'retry-after': '7' })]],
    ['garbage in the place of an answer', [new Response('{"a":', { headers: { 'content-type': 'application/json' } })]],
    ['a stream that ends before it begins', [new Response('', { headers: { 'content-type': 'text/event-stream' } })]],
  ])('survives %s', async (_name, script) => {
    const { sent, ask } = bench(script);
    expect(await (await ask()).json()).toEqual({ ok: true });
    expect(sent).toHaveLength(script.length + 1);
  });

  it('waits as long as the server says, but not beyond its deadline', async () => {
    const patient = bench([bad(429, {}, { 'retry-after': '7' })]);
    await patient.ask();
    expect(patient.runtime.now()).toBeGreaterThanOrEqual(7_000);
    const hurried = bench([bad(429, {}, { 'retry-after': '7' })], { deadlineMs: 5_000 });
    expect((await hurried.ask()).status).toBe(429);
    expect(hurried.runtime.now()).toBeLessThan(5_000);
  });

  it('guards a stream to its end', async () => {
    const stalled = openStream('text/event-stream', 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
    const { runtime, ask } = bench([stalled.response], { idleTimeoutMs: 1_000 });
    await expect(runtime.settle((await ask()).text())).rejects.toThrow('idleTimeoutMs');
  });

  it('never sends private headers', async () => {
    const { sent, ask } = bench([bad(503)]);
    expect((await ask({ 'x-geminicore-max-retries': '0' })).status).toBe(503);
    expect(sent.map(({ headers }) => headers.has('x-geminicore-max-retries'))).toEqual([false]);
  });
});

describe('a part does what it is named for, and is not there unnamed', () => {
  /** Asks twice, and says how many requests that took. */
  async function sentFor(script: readonly Step[], parts: readonly FetchPart[], headers = {}, more = {}) {
    const { sent, ask } = bench(script, { parts, ...more });
    await ask(headers);
    await ask(headers);
    return sent.length;
  }
  const never = (): Promise<Response> => new Promise(() => {});
  const oneRetry = { retry: { maxRetries: 1 } };
  const eager = { failureThreshold: 1, whenOpen: 'fail' } as const;
  const down = (): Step[] => Array.from({ length: 9 }, () => () => bad(503));

  it.each<readonly [string, FetchPart, readonly Step[], object, object, readonly [number, number]]>([
    ['quota', quota(), [spent, spent], {}, {}, [2, 1]],
    ['breaker', breaker(eager), down(), {}, oneRetry, [4, 1]],
    ['sdkRetries', sdkRetries({ onWarning: () => {} }), down(), sdk, oneRetry, [4, 2]],
    ['hedging', hedging(), [never], {}, { hedgeAfterMs: 1_000, attemptTimeoutMs: 5_000 }, [3, 3]],
  ])('%s', async (_name, part, script, headers, more, [without, with_]) => {
    expect([await sentFor(script, [], headers, more), await sentFor(script, [part], headers, more)]).toEqual([
      without,
      with_,
    ]);
  });

  /** Twenty requests at once. `answer`: what each sending is answered with, after a tenth of a second. */
  async function manyAtOnce(answer: (count: number) => Response, parts: readonly FetchPart[], more = {}) {
    const runtime = new VirtualRuntime();
    const sentAtMs: number[] = [];
    let [underWay, mostRetries, count] = [0, 0, 0];
    const transport = async (): Promise<Response> => {
      count += 1;
      const mine = count;
      sentAtMs.push(runtime.now());
      underWay += 1;
      if (mine > 20) mostRetries = Math.max(mostRetries, underWay);
      await runtime.sleep(100);
      underWay -= 1;
      return answer(mine);
    };
    const retry = { maxRetries: 9, baseDelayMs: 100, maxDelayMs: 100 };
    const options = { parts, runtime: createRuntime(runtime), deadlineMs: 5_000, retry, fetch: transport, ...more };
    const fetch = composeFetch(openai, options);
    const calls = Array.from({ length: 20 }, () => fetch(address, { method: 'POST', body: '{"model":"m"}' }));
    await runtime.settle(Promise.allSettled(calls));
    return { count, mostRetries, sentAtMs };
  }

  it('retryBudget', async () => {
    const budget = retryBudget({ ratio: 0, reserve: 1, floorIntervalMs: 60_000 });
    const sent = async (parts: readonly FetchPart[]) => (await manyAtOnce(() => bad(503), parts)).count;
    expect([await sent([]), await sent([budget])]).toEqual([200, 21]);
  });

  it('concurrency', async () => {
    const most = async (parts: readonly FetchPart[]) =>
      (await manyAtOnce(count => (count > 20 ? Response.json({}) : bad(503)), parts)).mostRetries;
    expect(await most([])).toBe(20);
    expect(await most([concurrency()])).toBeLessThan(15);
  });

  it('concurrency alone asks a service that is out no more often the nearer the deadline', async () => {
    const { sentAtMs } = await manyAtOnce(() => bad(503), [concurrency()], { retry: {}, deadlineMs: 60_000 });
    const sentIn = (fromMs: number, toMs: number) => sentAtMs.filter(ms => ms >= fromMs && ms < toMs).length;
    expect(sentIn(54_000, 60_000)).toBeLessThan(sentIn(0, 12_000));
    expect(sentAtMs.length).toBeLessThan(20 * 25);
  });
});

describe('what is not named is not loaded', () => {
  const folders = ['breaker', 'quota', 'load', 'waiting'] as const;
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['no part', [], []],
    ['breaker', ['breaker'], ['breaker', 'waiting']],
    ['quota', ['quota'], ['quota', 'waiting']],
    ['concurrency', ['concurrency'], ['load', 'waiting']],
    ['hedging and sdkRetries', ['hedging', 'sdkRetries'], []],
  ])('%s', async (_name, parts, expected) => {
    const { modules } = await bundled({ uses: { 'fetch.ts': ['composeFetch', ...parts] } });
    const found = folders.filter(folder => modules.some(id => id.includes(`/resilience/${folder}/`)));
    expect(found).toEqual(expected);
    expect(modules.some(id => id.includes('/classification/generalRules.ts'))).toBe(false);
    expect(modules.some(id => id.includes('/givenUp.ts'))).toBe(parts.includes('sdkRetries'));
  });
});

describe('what cannot be meant is refused by name', () => {
  const refusal = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      if (isProviderError(error) && error.failure.reason === 'client-config') return error.failure.message;
    }
    return 'nothing was refused';
  };
  const optionsThatFail: readonly (readonly [object, string])[] = [
    [{ parts: 'breaker' }, 'options.parts is "breaker", but must be an array of parts.'],
    [{ parts: [breaker] }, 'options.parts[0] is a function, but must be a part, as breaker() is.'],
    [{ parts: [breaker(), quota(), breaker()] }, 'options.parts[2] is a second breaker, but must be another part.'],
    [{ parts: [null] }, 'options.parts[0] is null, but must be a part, as breaker() is.'],
    [{ runtime: { now: () => 0 } }, 'options.runtime.wallClock is undefined, but must be a function.'],
    [{ runtime: 5 }, 'options.runtime is 5, but must be an object.'],
    [{ repeatable: 'no' }, 'options.repeatable is "no", but must be one of true, false.'],
  ];
  it.each(optionsThatFail)('%o', (options, message) => {
    expect(refusal(() => composeFetch(openai, options))).toBe(message);
  });

  /** None of these compiles: `npm run types` fails where one does. */
  it.each<readonly [string, () => unknown]>([
    // @ts-expect-error: a part is what it makes
    ['a part that is not called', () => composeFetch(openai, { parts: [breaker] })],
    // @ts-expect-error: the options of a part are not the fetch's
    ['an option of a part among those of the fetch', () => composeFetch(openai, { quota: {} })],
    // @ts-expect-error: the whole fetch has all parts
    ['parts for a whole fetch', () => createResilientFetch(openai, { parts: [] })],
    // @ts-expect-error: milliseconds are a number
    ['a limit that is a text', () => composeFetch(openai, { deadlineMs: '5000' })],
    // @ts-expect-error: no such option
    ['an option with a slip', () => breaker({ failureThreshhold: 3 })],
    // @ts-expect-error: a provider is no name
    ['a provider by its name', () => composeFetch('openai')],
    // @ts-expect-error: one call has limits and retries, no rules
    ['rules for one call', () => composeFetch(openai).with({ retry: {} })],
    // @ts-expect-error: a runtime is whole
    ['half a runtime', () => composeFetch(openai, { runtime: { now: () => 0 } })],
  ])('%s, by the compiler and by its name', (_name, make) => {
    expect(refusal(make)).not.toBe('nothing was refused');
  });

  it('one part may be named by two fetches, which share nothing', async () => {
    const part = breaker({ failureThreshold: 1, whenOpen: 'fail' });
    const down = bench([() => bad(503), () => bad(503)], { parts: [part], retry: { maxRetries: 1 } });
    await down.ask();
    await down.ask();
    expect(down.sent).toHaveLength(1);
    const well = bench([], { parts: [part] });
    expect((await well.ask()).status).toBe(200);
  });

  it('an option of a part that is not a part’s', () => {
    expect(refusal(() => composeFetch(openai, { quota: {} } as object))).toContain('options.quota is no option');
    expect(refusal(() => breaker({ failureThreshold: -1 }))).toContain('breaker.failureThreshold is -1');
    expect(refusal(() => quota({ requestsPerMinute: 0 }))).toContain('quota.requestsPerMinute is 0');
    expect(refusal(() => concurrency({ tpyo: 1 } as object))).toContain('concurrency.tpyo is no option');
    expect(refusal(() => retryBudget({ ratio: -1 }))).toContain('retryBudget.ratio is -1');
    expect(refusal(() => sdkRetries({ mode: 'no' } as object))).toContain('sdkRetries.mode is "no"');
    expect(refusal(() => composeFetch(openai, null as unknown as object))).toContain('options is null');
  });

  it('a reason that this provider does not have', () => {
    const retry = { retryOn: ['quota-shared-capacity'] };
    expect(refusal(() => composeFetch(openai, { retry }))).toContain('options.retry.retryOn[0]');
    expect(refusal(() => composeFetch(geminiProvider, { retry }))).toBe('nothing was refused');
    expect(refusal(() => createResilientFetch(geminiProvider, { retry }))).toBe('nothing was refused');
  });
});
