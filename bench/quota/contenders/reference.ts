import { earliestSchedule } from '../../../backend/simulator/index.ts';
import { apiKey, type Given, type Setup } from '../contender.ts';

/** Sent at the very moment that a quota opens, a request could be there before. */
const carefulMs = 100;
const minuteMs = 60_000;

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Fewer than the queue of a service with a capacity holds, so that it refuses none. */
const mostAtOnce = 12;

/** When each call has been answered, by the wall clock. */
type Answers = readonly PromiseWithResolvers<number>[];

/** When a call is to be sent, by the wall clock: as soon as the service holds it. */
async function sendAtMs({ scenario, startMs }: Given, answers: Answers, index: number): Promise<number> {
  const { requestsPerMinute = 0, sharedCapacity, window } = scenario.quotas;
  const quotas = scenario.idealQuotas ?? scenario.quotas;
  const { sentAtMs } = earliestSchedule(scenario.calls, quotas, { startMs });
  const atMs = sentAtMs[index] ?? 0;
  // These count from the arrival of an earlier request, which was no later than its answer.
  if (window === 'rolling' && index >= requestsPerMinute) {
    return ((await answers[index - requestsPerMinute]?.promise) ?? startMs) + minuteMs;
  }
  if (scenario.service.capacity !== undefined) await answers[index - mostAtOnce]?.promise;
  if (sharedCapacity !== undefined && atMs > 0) return ((await answers[0]?.promise) ?? startMs) + atMs;
  const outage = scenario.service.outages?.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  return startMs + (outage?.toMs ?? atMs) + carefulMs;
}

/**
 * Knows everything but what chance brings, and so shows what the machine and the compression of time add by themselves. Refused all
 * the same, it asks again each second.
 */
export const setup: Setup = given => {
  const { calls } = given.scenario;
  const answers: Answers = calls.map(() => Promise.withResolvers<number>());
  const indexes = new Map(calls.map(({ prompt }, index) => [prompt, index]));
  return async prompt => {
    const index = indexes.get(prompt) ?? 0;
    await pause((await sendAtMs(given, answers, index)) - Date.now());
    for (;;) {
      const response = await fetch(`${given.baseUrl}/v1beta/models/${given.model}:generateContent`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-goog-api-key': apiKey },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: prompt }] }] }),
      });
      const text = await response.text();
      if (response.ok) {
        answers[index]?.resolve(Date.now());
        return text;
      }
      await pause(1_000);
    }
  };
};
