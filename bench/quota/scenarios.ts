import type { ArrivalOfRequest, Quotas, SimulatorOptions } from '../../backend/simulator/index.ts';

/** What the service does and what is asked of it; all times are compressed ones. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly calls: readonly PlannedCall[];
  readonly quotas: Quotas;
  /** What limits the ideal schedule, where it is no quota. @default the quotas */
  readonly idealQuotas?: Quotas;
  /** What else the service does. */
  readonly service: Pick<SimulatorOptions, 'weather' | 'outages' | 'capacity'>;
  /** When the weather ends. */
  readonly calmAtMs?: number;
}

/** One call of the work. */
export interface PlannedCall extends Required<ArrivalOfRequest> {
  readonly prompt: string;
}

/** Whole answers come after so long. */
export const latencyMs = 800;

/** The wall clock at the start of each run, within a minute: who waits for whole minutes of its own is not in luck. */
export const startMs = Date.parse('2026-03-02T12:00:10Z');

const minuteMs = 60_000;
const usualTokens = 40;

/** A prompt of exactly so many tokens, as the simulator counts them: four characters each. */
function promptOf(index: number, tokens: number): string {
  return `Question ${index}: `.padEnd(tokens * 4, 'why is the sky blue, and the sea at times green? ');
}

function call(index: number, atMs: number, tokens = usualTokens): PlannedCall {
  return { atMs, tokens, prompt: promptOf(index, tokens) };
}

const atOnce = (count: number): readonly PlannedCall[] => Array.from({ length: count }, (_, index) => call(index, 0));
const spread = (count: number, overMs: number, first = 0): readonly PlannedCall[] =>
  Array.from({ length: count }, (_, index) => call(first + index, Math.round((index * overMs) / count)));
/** Sizes from 200 to 1,800 tokens, 1,000 in the mean, in an order that looks random and is always the same. */
const ofManySizes = (count: number): readonly PlannedCall[] =>
  Array.from({ length: count }, (_, index) => call(index, 0, 200 + ((index * 7) % 9) * 200));

/** All scenarios, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'fixed',
    title: '300 calls at once, 60 requests per minute, fixed minutes',
    calls: atOnce(300),
    quotas: { requestsPerMinute: 60 },
    service: {},
  },
  {
    name: 'rolling',
    title: '300 calls at once, 60 requests per minute, rolling',
    calls: atOnce(300),
    quotas: { requestsPerMinute: 60, window: 'rolling' },
    service: {},
  },
  {
    name: 'penalty',
    title: '300 calls at once, 60 requests per minute, rolling, and refused requests count',
    calls: atOnce(300),
    quotas: { requestsPerMinute: 60, window: 'rolling', refusedRequestsCount: true },
    service: {},
  },
  {
    name: 'tokens',
    title: '146 calls at once of 200 to 1,800 tokens, 30,000 input tokens per minute, fixed minutes',
    calls: ofManySizes(146),
    quotas: { inputTokensPerMinute: 30_000 },
    service: {},
  },
  {
    name: 'shared',
    title: '200 calls at once, shared capacity of 2 requests per second: 429s that state nothing',
    calls: atOnce(200),
    quotas: { sharedCapacity: { requestsPerSecond: 2, burst: 10 } },
    service: {},
  },
  {
    name: 'storm',
    title: '200 calls over two minutes, half of the requests 503 for the first 90 seconds',
    calls: spread(200, 2 * minuteMs),
    quotas: {},
    service: { weather: { seed: 7, rates: { '503': 0.5 } } },
    calmAtMs: 90_000,
  },
  {
    name: 'outage',
    title: '200 calls over two minutes, an outage (503) from second 30 to 90',
    calls: spread(200, 2 * minuteMs),
    quotas: {},
    service: { outages: [{ fromMs: 30_000, toMs: 90_000, fault: '503' }] },
  },
  {
    name: 'collapse',
    title: '150 calls at once and 300 over three minutes, a service that can do 4 a second and collapses above that',
    calls: [...atOnce(150), ...spread(300, 3 * minuteMs, 150)],
    quotas: {},
    idealQuotas: { sharedCapacity: { requestsPerSecond: 4, burst: 1 } },
    service: { capacity: { requestsPerSecond: 4 } },
  },
];
