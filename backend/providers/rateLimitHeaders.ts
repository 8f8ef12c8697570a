import { durationMs } from '../resilience/durations.ts';
import type { QuotaViolation, QuotaWindow } from '../resilience/failure.ts';
import type { QuotaReport } from '../resilience/quotaReport.ts';
import type { WireFacts } from './classification/wireFacts.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** A window that seems to be longer than this is the day's. In milliseconds. */
const dayFromMs = 7_200_000;

/** A header that is a number; undefined where it is none, or absent. */
function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * Nobody states the window. What is missing comes back evenly until `resetMs`, so the time in which all of it would is the window:
 * 1 of 10,000 missing for 6 ms is a minute, 1 of 200 missing for 7.2 minutes a day.
 */
function windowOf(limit: number, remaining: number, resetMs: number): number {
  if (remaining >= limit || resetMs === 0) return minuteMs;
  return (resetMs * limit) / (limit - remaining) > dayFromMs ? dayMs : minuteMs;
}

/** `x-ratelimit-limit-requests`, `-remaining-`, `-reset-` (a duration), and the same of tokens: OpenAI and those compatible with it. */
export function openAiQuotas(headers: Headers): readonly QuotaReport[] {
  return (['requests', 'tokens'] as const).flatMap(unit => {
    const limit = numberIn(headers, `x-ratelimit-limit-${unit}`) ?? 0;
    const remaining = numberIn(headers, `x-ratelimit-remaining-${unit}`);
    if (limit === 0 || remaining === undefined) return [];
    const resetMs = durationMs(headers.get(`x-ratelimit-reset-${unit}`) ?? '') ?? 0;
    return [{ unit, limit, remaining, windowMs: windowOf(limit, remaining, resetMs) }];
  });
}

const anthropicNames = [
  ['requests', 'requests'],
  ['tokens', 'input-tokens'],
] as const;

/** `anthropic-ratelimit-requests-limit`, `-remaining`, and the same of input tokens. All of them are per minute. */
export function anthropicQuotas(headers: Headers): readonly QuotaReport[] {
  return anthropicNames.flatMap(([unit, name]) => {
    const limit = numberIn(headers, `anthropic-ratelimit-${name}-limit`) ?? 0;
    const remaining = numberIn(headers, `anthropic-ratelimit-${name}-remaining`);
    return limit === 0 || remaining === undefined ? [] : [{ unit, limit, remaining, windowMs: minuteMs }];
  });
}

const stated = /(requests|tokens) per (min|day)[^:]{0,20}[.:] limit:? (\d{1,12})/i;

/** "Rate limit reached … on tokens per min (TPM): Limit 10000, Used 9500, Requested 800", before also "per min. Limit: 10000 / min". */
export function openAiViolations({ message }: WireFacts): readonly QuotaViolation[] {
  const found = stated.exec(message.slice(0, 2_000));
  if (found === null) return [];
  const [, metric = '', per = '', limit] = found;
  const window: QuotaWindow = per.toLowerCase() === 'day' ? 'day' : 'minute';
  return [{ metric: metric.toLowerCase(), limit: Number(limit), window }];
}
