/** Quotas whose servers say when to come back, and nothing else: through the whole client, in virtual time. */

import { describe, expect, it } from 'vitest';
import { GeminiCore } from '../../index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { mulberry } from './virtualGemini.ts';

/** Takes a request at this time, in milliseconds: undefined where it is let in, else after how many milliseconds to come back. */
type Quota = (nowMs: number) => number | undefined;

/** So many tokens at most, so many more each second. */
function bucket(perSecond: number, most: number): Quota {
  let tokens = most;
  let atMs = 0;
  return nowMs => {
    tokens = Math.min(most, tokens + ((nowMs - atMs) * perSecond) / 1_000);
    atMs = nowMs;
    if (tokens < 1) return ((1 - tokens) * 1_000) / perSecond;
    tokens -= 1;
    return undefined;
  };
}

/** So many in each stretch of the clock. */
function fixed(limit: number, windowMs: number): Quota {
  let window = 0;
  let used = 0;
  return nowMs => {
    const now = Math.floor(nowMs / windowMs);
    if (now !== window) used = 0;
    window = now;
    used += 1;
    return used <= limit ? undefined : (now + 1) * windowMs - nowMs;
  };
}

/** So many in any stretch. */
function rolling(limit: number, windowMs: number): Quota {
  const times: number[] = [];
  return nowMs => {
    while ((times[0] ?? nowMs) <= nowMs - windowMs) times.shift();
    if (times.length >= limit) return (times[0] ?? nowMs) + windowMs - nowMs;
    times.push(nowMs);
    return undefined;
  };
}

/** Refuses these requests, by their numbers. */
const refusing = (retryAfterMs: number, ...numbers: readonly number[]): Quota => {
  let asked = 0;
  return () => {
    asked += 1;
    return numbers.includes(asked) ? retryAfterMs : undefined;
  };
};

const answer = { candidates: [{ content: { role: 'model', parts: [{ text: 'hello' }] }, finishReason: 'STOP' }] };
const latencyMs = 200;

/** @param stated how the server writes a wait of so many milliseconds; @param everyMs between calls */
async function herd(quota: Quota, calls: number, stated: 'header' | 'RetryInfo', everyMs = 0, deadlineMs = 600_000) {
  const runtime = new VirtualRuntime(mulberry(1));
  const json = { 'content-type': 'application/json' };
  let requests = 0;
  const refused = (waitMs: number): Response => {
    const seconds = Math.ceil(waitMs / 1_000);
    const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${(waitMs / 1_000).toFixed(3)}s` };
    const error = { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Slow down.' };
    const details = stated === 'RetryInfo' ? { details: [info] } : {};
    const headers = stated === 'header' ? { ...json, 'retry-after': String(seconds) } : json;
    return new Response(JSON.stringify({ error: { ...error, ...details } }), { status: 429, headers });
  };
  const fetch = async (): Promise<Response> => {
    requests += 1;
    await runtime.sleep(latencyMs / 2);
    const waitMs = quota(runtime.now());
    await runtime.sleep(latencyMs / 2);
    return waitMs === undefined ? new Response(JSON.stringify(answer), { headers: json }) : refused(waitMs);
  };
  const gemini = new GeminiCore({ apiKey: 'k', environment: {}, runtime, deadlineMs, httpOptions: { fetch } });
  const startMs = runtime.now();
  let answered = 0;
  let endMs = startMs;
  const one = async (index: number): Promise<void> => {
    if (everyMs > 0) await runtime.sleep(everyMs * index);
    await gemini.callLlm(`question ${index}`).then(
      () => {
        answered += 1;
      },
      () => {},
    );
    endMs = runtime.now();
  };
  await runtime.settle(Promise.all(Array.from({ length: calls }, (_, index) => one(index))));
  return { answered, requests, tookMs: endMs - startMs };
}

describe.each(['header', 'RetryInfo'] as const)('a wait without a limit, in %s', stated => {
  // what it is, the quota, how many calls at once, how long they may take in seconds, the share that may be refused
  it.each<readonly [string, () => Quota, number, number, number]>([
    ['ten a second, ten saved up', () => bucket(10, 10), 100, 12, 0.15],
    ['ten a second, a hundred saved up', () => bucket(10, 100), 300, 25, 0.1],
    ['one a second', () => bucket(1, 1), 20, 27, 0.5],
    ['sixty in each minute', () => fixed(60, 60_000), 300, 250, 0.08],
    ['sixty in any minute', () => rolling(60, 60_000), 300, 310, 0.13],
    ['five in ten seconds', () => fixed(5, 10_000), 50, 115, 0.4],
  ])('%s: nobody is lost', async (_what, quota, calls, seconds, refused) => {
    const went = await herd(quota(), calls, stated);
    expect(went.answered).toBe(calls);
    expect(went.tookMs / 1_000).toBeLessThanOrEqual(seconds);
    expect(1 - calls / went.requests).toBeLessThanOrEqual(refused);
  });

  it.each([1, 2, 3, 5, 8, 20])('%i s are waited once, and no longer', async seconds => {
    const went = await herd(refusing(seconds * 1_000, 1), 1, stated, 0, 60_000);
    expect(went).toMatchObject({ answered: 1, requests: 2 });
    expect(went.tookMs).toBeGreaterThanOrEqual(seconds * 1_000);
    expect(went.tookMs).toBeLessThanOrEqual(seconds * 1_150 + 1_000);
  });

  it('said once in a long run, it is forgotten', async () => {
    const went = await herd(refusing(2_000, 50), 400, stated, 250);
    expect(went).toMatchObject({ answered: 400, requests: 401 });
    expect(went.tookMs).toBeLessThanOrEqual(400 * 250 + 1_000);
  });
});
