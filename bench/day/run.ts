/** `npm run bench:day`: a day of a thousand clients in virtual time, and what each policy contributes to it. */
import type { GeminiCoreOptions } from '../../backend/index.ts';
import { type DayResult, simulateDay, theDay } from './day.ts';

const ablations: Readonly<Record<string, GeminiCoreOptions>> = {
  'everything, nothing configured': {},
  'without the quota gate': { quota: false },
  'without the retry budget': { retryBudget: false },
  'without the concurrency limit': { concurrency: false },
  'without the circuit breaker': { breaker: false },
  'retries alone': { quota: false, retryBudget: false, concurrency: false, breaker: false },
};

const columns: readonly (readonly [string, (result: DayResult) => string])[] = [
  ['answered', ({ answered, calls }) => `${((answered * 100) / calls).toFixed(1)} %`],
  ['lost needlessly', ({ lostNeedlessly }) => String(lostNeedlessly)],
  ['requests per answer', ({ requests, answered }) => (requests / answered).toFixed(2)],
  ['refused (429)', ({ refused }) => String(refused)],
  ['into outages', ({ requestsIntoOutages }) => String(requestsIntoOutages)],
  ['slowest hundredth', ({ slowestHundredthMs }) => `${Math.round(slowestHundredthMs / 1_000)} s`],
];

const seed = Number(process.argv[2] ?? 1);
const { clients, burstsOfEach, callsInBurst, requestsPerMinute, requestsPerDay, quotaHalvedAt } = theDay;
console.log(
  `A day of ${clients} clients of one project, each with ${burstsOfEach} bursts of ${callsInBurst} calls; ${requestsPerMinute} requests a minute, half of it
from ${quotaHalvedAt}:00 on, ${requestsPerDay} a day; two outages. Virtual time, seed ${seed}. Each client learns for itself.\n`,
);
const width = Math.max(...Object.keys(ablations).map(name => name.length));
console.log(`${''.padEnd(width)}  ${columns.map(([title]) => title.padStart(21)).join('')}`);
for (const [name, options] of Object.entries(ablations)) {
  const startMs = performance.now();
  const result = await simulateDay(seed, options);
  const cells = columns.map(([, text]) => text(result).padStart(21)).join('');
  console.log(`${name.padEnd(width)}  ${cells}   (${((performance.now() - startMs) / 1_000).toFixed(1)} s)`);
}
