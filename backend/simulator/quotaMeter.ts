/** What one project has used of one model, and what that leaves. */

import { nextPacificMidnight } from './pacificDay.ts';
import type { Violation } from './quotaError.ts';
import { SendLog } from './sendLog.ts';

/** What is counted for one project and model. */
export interface Meter {
  /** Requests that still count for a minute. */
  readonly log: SendLog;
  /** Requests since the last Pacific midnight. */
  today: number;
  /** Milliseconds since 1970. */
  dayEndsMs: number;
}

/** The limits that are in force; absent ones are not. */
export interface Limits {
  readonly requestsPerMinute?: number;
  readonly inputTokensPerMinute?: number;
  readonly requestsPerDay?: number;
  readonly window?: 'fixed' | 'rolling';
}

/** A quota that does not hold one more request, and when it does again. */
export interface Exceeded {
  readonly violation: Violation;
  /** Milliseconds since 1970; Infinity where the request alone is more than the quota. */
  readonly freeAtMs: number;
}

const minuteMs = 60_000;

/** A meter before its first request. */
export function unusedMeter(): Meter {
  return { log: new SendLog(), today: 0, dayEndsMs: 0 };
}

function minuteStartMs(nowMs: number): number {
  return Math.floor(nowMs / minuteMs) * minuteMs;
}

/** Takes from the meter what no longer counts. */
export function bringUpToDate(meter: Meter, nowMs: number, window: Limits['window']): void {
  const startMs = minuteStartMs(nowMs);
  meter.log.forgetWhile(window === 'rolling' ? atMs => atMs + minuteMs <= nowMs : atMs => atMs < startMs);
  if (nowMs < meter.dayEndsMs) return;
  meter.today = 0;
  meter.dayEndsMs = nextPacificMidnight(nowMs);
}

/** Counts a request. */
export function count(meter: Meter, atMs: number, tokens: number): void {
  meter.log.add({ atMs, tokens });
  meter.today += 1;
}

/** The quotas that do not hold one more request of so many tokens. The meter has to be up to date. */
export function exceededBy(
  limits: Limits,
  { log, today, dayEndsMs }: Meter,
  [nowMs, tokens]: readonly [number, number],
): readonly Exceeded[] {
  const { requestsPerMinute: requests, inputTokensPerMinute: input, requestsPerDay: day, window } = limits;
  const found: Exceeded[] = [];
  const freeAt = (fits: boolean, sentAtMs: number | undefined): number => {
    if (!fits) return Number.POSITIVE_INFINITY;
    return window === 'rolling' ? (sentAtMs ?? nowMs) + minuteMs : minuteStartMs(nowMs) + minuteMs;
  };
  if (input !== undefined && log.tokens + tokens > input) {
    const freeAtMs = freeAt(tokens <= input, log.sentAtOfToken(log.tokens + tokens - input));
    found.push({ violation: { kind: 'input-tokens-per-minute', limit: input }, freeAtMs });
  }
  if (requests !== undefined && log.count >= requests) {
    const freeAtMs = freeAt(requests > 0, log.sentAtOfRequest(log.count + 1 - requests));
    found.push({ violation: { kind: 'requests-per-minute', limit: requests }, freeAtMs });
  }
  if (day !== undefined && today >= day) {
    const freeAtMs = day > 0 ? dayEndsMs : Number.POSITIVE_INFINITY;
    found.push({ violation: { kind: 'requests-per-day', limit: day }, freeAtMs });
  }
  return found;
}

/**
 * The wait that the service states. For a spent day, and for a request that no minute holds, it states no more than the next
 * minute, as the real one does.
 */
export function statedWaitMs(found: readonly Exceeded[], nowMs: number): number {
  const nextMinuteMs = minuteStartMs(nowMs) + minuteMs;
  const times = found.map(({ violation, freeAtMs }) =>
    violation.kind === 'requests-per-day' || freeAtMs === Number.POSITIVE_INFINITY ? nextMinuteMs : freeAtMs,
  );
  return Math.ceil((Math.max(...times) - nowMs) * 1000) / 1000;
}
