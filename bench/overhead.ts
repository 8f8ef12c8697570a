import { GoogleGenAI } from '@google/genai';
import { ConsecutiveBreaker, circuitBreaker, handleAll, retry, wrap } from 'cockatiel';
import pRetry from 'p-retry';
import { GeminiCore, RetryMechanism } from '../backend/index.ts';
import { fastestRounds, printBound, printTimings, repeat } from './measure.ts';

const body = JSON.stringify({
  candidates: [
    {
      content: { role: 'model', parts: [{ text: 'An answer of a usual length for a chat.' }] },
      finishReason: 'STOP',
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 },
  modelVersion: 'stub',
});

const stub: typeof fetch = async () =>
  new Response(body, { status: 200, headers: { 'content-type': 'application/json' } });

/** What the seam costs a call that succeeds. */
export async function seamOverhead(): Promise<boolean> {
  const bare = new GoogleGenAI({ apiKey: 'bench-key', httpOptions: { fetch: stub } });
  const core = new GeminiCore({ apiKey: 'bench-key', environment: {}, httpOptions: { fetch: stub } });
  const request = { model: 'stub', contents: 'Say something.' };
  const timings = await fastestRounds(
    [
      { name: 'official client', run: repeat(() => bare.models.generateContent({ ...request })) },
      { name: 'callLlm', run: repeat(() => core.callLlm({ ...request })) },
      { name: 'gemini.sdk', run: repeat(() => core.sdk.models.generateContent({ ...request })) },
    ],
    60,
    500,
  );
  printTimings('A successful call over a stubbed fetch', timings, 'official client');
  const [official, callLlm] = timings.map(({ ns }) => ns);
  return printBound('callLlm over the official client', (callLlm ?? Number.NaN) / (official ?? Number.NaN), 1.8, '×');
}

/** What the retry mechanism costs a function that succeeds. */
export async function retryOverhead(): Promise<boolean> {
  const work = async (): Promise<number> => 1;
  const mechanism = new RetryMechanism({ environment: {} });
  const cockatiel = wrap(
    retry(handleAll, { maxAttempts: 3 }),
    circuitBreaker(handleAll, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(5) }),
  );
  const timings = await fastestRounds(
    [
      { name: 'bare await', run: repeat(work) },
      { name: 'p-retry', run: repeat(() => pRetry(work)) },
      { name: 'cockatiel: retry + breaker', run: repeat(() => cockatiel.execute(work)) },
      { name: 'RetryMechanism.execute', run: repeat(() => mechanism.execute(work)) },
    ],
    60,
    10_000,
  );
  printTimings('A function that succeeds', timings, 'p-retry');
  const [, theirs, , ours] = timings.map(({ ns }) => ns);
  return printBound('RetryMechanism.execute over p-retry', (ours ?? Number.NaN) / (theirs ?? Number.NaN), 2.5, '×');
}
