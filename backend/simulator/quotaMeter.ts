/** What one project has used of one model, and what that leaves: pure steps over a small value. */

import { nextPacificMidnight } from './pacificDay.ts';
import type { Violation } from './quotaError.ts';

/** A request that was counted, in milliseconds since 1970 and input tokens. */
export interface Sent {
  readonly atMs: number;
  readonly tokens: number;
}

/** What is counted for one project and model. */
export interface Meter {
  /** Requests that still count for a minute, oldest first. */
  readonly sent: Sent[];
  /** Requests since the last Pacific midnight. */
  readonly today: number;
  /** Milliseconds since 1970. */
  readonly dayEndsMs: number;
}

/** The limits that are in force; absent ones are not. */
export interface Limits {
  readonly requestsPerMinute?: number;
  readonly inputTokensPerMinute?: number;
  readonly requestsPerDay?: number;
  readonly window?: 'fixed' | 'rolling';
}

/** A quota that does not hold one more request, and when it does again, where that is known. */
export interface Exceeded {
  readonly violation: Violation;
  /** Milliseconds since 1970. */
  readonly freeAtMs?: number;
}

const minuteMs = 60_000;

/** A meter before its first request. */
export const unusedMeter: Meter = { sent: [], today: 0, dayEndsMs: 0 };

function minuteStartMs(nowMs: number): number {
  return Math.floor(nowMs / minuteMs) * minuteMs;
}

/** The meter without what no longer counts. */
export function metered(meter: Meter, nowMs: number, window: Limits['window']): Meter {
  const counts = ({ atMs }: Sent): boolean =>
    window === 'rolling' ? atMs > nowMs - minuteMs : atMs >= minuteStartMs(nowMs);
  const first = meter.sent.findIndex(counts);
  const sent = first === 0 ? meter.sent : first < 0 ? [] : meter.sent.slice(first);
  return nowMs < meter.dayEndsMs ? { ...meter, sent } : { sent, today: 0, dayEndsMs: nextPacificMidnight(nowMs) };
}

/** When the oldest requests have given back what is missing. */
function freeAtMs(sent: readonly Sent[], missing: number, weigh: (sent: Sent) => number): number | undefined {
  let freed = 0;
  for (const one of sent) {
    freed += weigh(one);
    if (freed >= missing) return one.atMs + minuteMs;
  }
  return undefined;
}

function exceeded(violation: Violation, freeAt?: number): Exceeded {
  return freeAt === undefined ? { violation } : { violation, freeAtMs: freeAt };
}

/** The quotas that do not hold one more request of so many tokens. */
export function exceededBy(limits: Limits, meter: Meter, tokens: number): readonly Exceeded[] {
  const { requestsPerMinute: requests, inputTokensPerMinute: input, requestsPerDay: day } = limits;
  const found: Exceeded[] = [];
  const used = input === undefined ? 0 : meter.sent.reduce((sum, sent) => sum + sent.tokens, 0);
  if (input !== undefined && used + tokens > input) {
    const freeAt = freeAtMs(meter.sent, used + tokens - input, sent => sent.tokens);
    found.push(exceeded({ kind: 'input-tokens-per-minute', limit: input }, freeAt));
  }
  if (requests !== undefined && meter.sent.length >= requests) {
    const freeAt = freeAtMs(meter.sent, meter.sent.length + 1 - requests, () => 1);
    found.push(exceeded({ kind: 'requests-per-minute', limit: requests }, freeAt));
  }
  if (day !== undefined && meter.today >= day) found.push(exceeded({ kind: 'requests-per-day', limit: day }));
  return found;
}

/** The wait that the service states. For a spent day it states no more than the next minute, as the real one does. */
export function statedWaitMs(found: readonly Exceeded[], nowMs: number, window: Limits['window']): number {
  const nextMinuteMs = minuteStartMs(nowMs) + minuteMs;
  const times = found.map(({ freeAtMs: freeAt }) => (window === 'rolling' ? (freeAt ?? nextMinuteMs) : nextMinuteMs));
  return Math.ceil((Math.max(...times) - nowMs) * 1000) / 1000;
}
