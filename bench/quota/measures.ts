import { earliestSchedule, type Quotas } from '../../backend/simulator/index.ts';
import type { RunEnd, RunOutcome } from './oneRun.ts';
import { latencyMs, type Scenario, startMs } from './scenarios.ts';

/** What one contender made of one scenario. Times are compressed milliseconds. */
export interface Measures {
  readonly scenario: string;
  readonly contender: string;
  readonly end: RunEnd;
  readonly calls: number;
  /** Calls that got their answer. */
  readonly succeeded: number;
  readonly successShare: number;
  readonly requestsPerSuccess: number | undefined;
  readonly rejected429: number;
  readonly rejected503: number;
  /** What was answered, as a share of what the quota let in until the last call had settled; absent without a quota. */
  readonly quotaUsed: number | undefined;
  /** When the last call had settled. */
  readonly endMs: number;
  readonly idealMs: number;
  /** In the middle and at the far end, from when a call was asked for until it had its answer. */
  readonly medianMs: number | undefined;
  readonly slowestMs: number | undefined;
  readonly mostInFlight: number;
  /** Errors that calls ended in, with how often, the most frequent first. */
  readonly errors: readonly (readonly [string, number])[];
  readonly complaint?: string;
  /** Of how many runs this is the one in the middle, and between what the others lie. */
  readonly among?: {
    readonly runs: number;
    readonly times: readonly [number, number];
    readonly rejected: readonly [number, number];
  };
}

const minuteMs = 60_000;

/** How much a quota lets in from the start of a run until a time after it: in tokens where they are what is limited. */
function offered(quotas: Quotas, untilMs: number): number | undefined {
  const { requestsPerMinute, inputTokensPerMinute, sharedCapacity, window } = quotas;
  const perMinute = inputTokensPerMinute ?? requestsPerMinute;
  if (perMinute !== undefined) {
    const minutesPassed =
      window === 'rolling'
        ? Math.floor(untilMs / minuteMs)
        : Math.floor((startMs + untilMs) / minuteMs) - Math.floor(startMs / minuteMs);
    return perMinute * (minutesPassed + 1);
  }
  if (sharedCapacity === undefined) return undefined;
  return (sharedCapacity.burst ?? 1) + (sharedCapacity.requestsPerSecond * untilMs) / 1000;
}

function errorsOf({ results }: RunOutcome): [string, number][] {
  const counts = new Map<string, number>();
  for (const { error, answered } of results) {
    const words = (error ?? 'no text').replace(/\s+/g, ' ').slice(0, 90);
    if (!answered) counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one).slice(0, 5);
}

/** Turns what a run yielded into what is compared. */
export function measure(scenario: Scenario, contender: string, outcome: RunOutcome): Measures {
  const { served, results, end, complaint, cappedMs = 0 } = outcome;
  const calls = scenario.calls.length;
  const answered = results.filter(result => result.answered);
  // A process that broke told nothing, but the service knows what it answered.
  const succeeded = end === 'crashed' ? Math.min(calls, served.answered) : answered.length;
  const endMs = Math.max(cappedMs, served.lastAnswerMs, ...results.map(result => result.endMs));
  const waits = answered.map(result => result.endMs - result.atMs).sort((one, other) => one - other);
  const used = scenario.quotas.inputTokensPerMinute === undefined ? served.answered : served.tokens;
  // Until the last request that could count was sent: an answer that comes after a minute's end does not open the next minute.
  const offer = offered(scenario.quotas, Math.max(0, endMs - latencyMs));
  return {
    scenario: scenario.name,
    ...{ contender, end, calls, succeeded, endMs },
    successShare: succeeded / calls,
    requestsPerSuccess: succeeded === 0 ? undefined : served.requests / succeeded,
    rejected429: served.rejected429,
    rejected503: served.rejected503,
    quotaUsed: offer === undefined ? undefined : used / offer,
    idealMs: earliestSchedule(scenario.calls, scenario.idealQuotas ?? scenario.quotas, { startMs, latencyMs }).endMs,
    medianMs: waits[Math.floor(waits.length / 2)],
    slowestMs: waits.at(-1),
    mostInFlight: served.mostInFlight,
    errors: errorsOf(outcome),
    ...(complaint === undefined ? {} : { complaint }),
  };
}

const rejectedBy = ({ rejected429, rejected503 }: Measures): number => rejected429 + rejected503;

/** The run in the middle, by what succeeded and then by how long it took, with the spread of all. */
export function middleOf(runs: readonly Measures[]): Measures {
  const ordered = runs.toSorted(
    (one, other) => one.succeeded - other.succeeded || other.endMs - one.endMs || rejectedBy(other) - rejectedBy(one),
  );
  const middle = ordered[Math.floor((ordered.length - 1) / 2)];
  if (middle === undefined) throw new Error('There is no middle of nothing.');
  if (runs.length === 1) return middle;
  const range = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
  const times = range(runs.map(({ endMs, idealMs }) => endMs / idealMs));
  return { ...middle, among: { runs: runs.length, times, rejected: range(runs.map(rejectedBy)) } };
}
