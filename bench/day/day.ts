import { GeminiCore, type GeminiCoreOptions, isGeminiError } from '../../backend/index.ts';
import { type SimulatedFetch, simulatedFetch } from '../../backend/simulator/index.ts';
import { mulberry } from '../../backend/test/e2e/virtualGemini.ts';
import { VirtualRuntime } from '../../backend/test/virtualRuntime.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What the day brings. Times are hours after its beginning, which is midnight in California. */
export const theDay = {
  clients: 1_000,
  /** Each client has work so often in the day, at times of its own, and then asks so much at once. */
  burstsOfEach: 3,
  callsInBurst: 8,
  latencyMs: 800,
  requestsPerMinute: 120,
  requestsPerDay: 22_000,
  quotaHalvedAt: 12,
  /** From, to, what happens. */
  outages: [
    [9, 9.25, '503'],
    [15, 15.5, 'reset-before-headers'],
  ],
  /** Milliseconds. */
  deadlineMs: 30 * minuteMs,
} as const;

/** How a day went. */
export interface DayResult {
  readonly calls: number;
  readonly answered: number;
  /** Calls that were lost, by class. */
  readonly lost: Readonly<Record<string, number>>;
  /** Lost although the day's quota was not spent. */
  readonly lostNeedlessly: number;
  readonly requests: number;
  readonly refused: number;
  readonly requestsIntoOutages: number;
  /** From a call to its answer, of those that waited longest: the time that one in a hundred exceeds, in milliseconds. */
  readonly slowestHundredthMs: number;
}

interface Tally {
  answered: number;
  lostNeedlessly: number;
  readonly lost: Record<string, number>;
  readonly tookMs: number[];
}

function serviceOfTheDay(runtime: VirtualRuntime): SimulatedFetch {
  const { latencyMs, requestsPerMinute, requestsPerDay, quotaHalvedAt, outages } = theDay;
  return simulatedFetch({
    runtime,
    latencyMs,
    quotas: { requestsPerMinute, requestsPerDay },
    quotaChanges: [
      { atMs: quotaHalvedAt * hourMs, quotas: { requestsPerMinute: requestsPerMinute / 2, requestsPerDay } },
    ],
    outages: outages.map(([from, to, fault]) => ({ fromMs: from * hourMs, toMs: to * hourMs, fault })),
  });
}

async function ask(gemini: GeminiCore, runtime: VirtualRuntime, prompt: string, tally: Tally): Promise<void> {
  const startMs = runtime.now();
  try {
    await gemini.callLlm(prompt);
    tally.answered += 1;
    tally.tookMs.push(runtime.now() - startMs);
  } catch (error) {
    if (!isGeminiError(error)) throw error;
    const { errorClass, reason } = error.failure;
    tally.lost[errorClass] = (tally.lost[errorClass] ?? 0) + 1;
    if (reason !== 'quota-per-day') tally.lostNeedlessly += 1;
  }
}

/** One client's day: it sleeps until it has work. */
async function liveThrough(client: number, runtime: VirtualRuntime, gemini: GeminiCore, tally: Tally): Promise<void> {
  const random = mulberry(client + 1);
  const times = Array.from({ length: theDay.burstsOfEach }, () => (6 + random() * 14) * hourMs).toSorted(
    (a, b) => a - b,
  );
  const startMs = runtime.now();
  for (const [burst, atMs] of times.entries()) {
    await runtime.sleep(Math.max(0, startMs + atMs - runtime.now()));
    const calls = Array.from({ length: theDay.callsInBurst }, (_, call) =>
      ask(gemini, runtime, `client ${client} burst ${burst} call ${call}`, tally),
    );
    await Promise.all(calls);
  }
}

/** Lets a day pass, in virtual time. The same seed and options give the same day. */
export async function simulateDay(seed: number, options: GeminiCoreOptions): Promise<DayResult> {
  const runtime = new VirtualRuntime(mulberry(seed));
  // 08:00 UTC is midnight in California in winter.
  runtime.advance(20 * hourMs - runtime.now());
  const service = serviceOfTheDay(runtime);
  const tally: Tally = { answered: 0, lostNeedlessly: 0, lost: {}, tookMs: [] };
  const { clients, burstsOfEach, callsInBurst, deadlineMs, outages } = theDay;
  const days = Array.from({ length: clients }, (_, client) => {
    const own = { apiKey: 'day-key', environment: {}, runtime, deadlineMs, httpOptions: { fetch: service.fetch } };
    return liveThrough(client, runtime, new GeminiCore({ ...own, ...options }), tally);
  });
  await runtime.settle(Promise.all(days));
  const { requests } = service.ledger;
  const inOutage = ({ atMs }: { readonly atMs: number }): boolean =>
    outages.some(([from, to]) => atMs >= from * hourMs && atMs < to * hourMs);
  return {
    calls: clients * burstsOfEach * callsInBurst,
    answered: tally.answered,
    lost: tally.lost,
    lostNeedlessly: tally.lostNeedlessly,
    requests: requests.length,
    refused: requests.filter(({ status }) => status === 429).length,
    requestsIntoOutages: requests.filter(inOutage).length,
    slowestHundredthMs: tally.tookMs.toSorted((a, b) => a - b)[Math.floor(tally.tookMs.length * 0.99)] ?? 0,
  };
}
