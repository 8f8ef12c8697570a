import { clampMs, durationMs } from '../../resilience/durations.ts';
import type { WireFacts } from './wireFacts.ts';

/** A number, or the same header sent more than once. */
const plainNumbers = /^\s*\d[\d., ]{0,99}$/;

/** A day, or the name of one: what else a platform takes for a date may be a number with a sign before it. */
const dateLike = /^\s*(?:\d{4}-\d|[a-z]{3})/i;

const prose = /\b(?:try again|retry(?:ing)?(?: again)?|wait(?: for)?)(?: in| after)? {1,3}(?=\d)/i;

/** From here on a number is a time: in seconds since 1970, and in milliseconds. */
const epochFrom = 1e9;
const epochMsFrom = 1e12;

/** Milliseconds since 1970 of a date of HTTP or RFC 3339, or of such a number; NaN of all else. */
function timeOf(date: string): number {
  if (dateLike.test(date)) return Date.parse(date);
  const count = Number(date);
  return count < epochFrom ? Number.NaN : count * (count < epochMsFrom ? 1_000 : 1);
}

/** Milliseconds until a date, by the server's own clock where it gave one: ours may be minutes off. */
const untilMs = (date: string, sent: string, wallMs: number): number | undefined =>
  clampMs(timeOf(date) - (Date.parse(sent) || wallMs));

/** The longest of the numbers in a header, in milliseconds; undefined where there are none. */
const listedMs = (text: string, unitMs: number): number | undefined =>
  plainNumbers.test(text) ? clampMs(Math.max(...text.split(',').map(Number)) * unitMs) : undefined;

/** Headers that say what is left (`?` is `remaining`) and when there is more again (`reset`: a date, a wait, or a number of seconds). */
const limits = [
  'x-ratelimit-?',
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap(unit => [
    `x-ratelimit-?-${unit}`,
    `anthropic-ratelimit-${unit}-?`,
  ]),
];

/** How long until there is something left of everything that a refused request has spent; undefined where nothing says so. */
function resetMs({ status, header }: WireFacts, wallMs: number): number | undefined {
  const waits = limits.flatMap(limit => {
    const reset = header(limit.replace('?', 'reset'));
    if (status !== 429 || Number(header(limit.replace('?', 'remaining')) || 1) !== 0) return [];
    return untilMs(reset, header('date'), wallMs) ?? durationMs(reset) ?? durationMs(`${reset}s`) ?? [];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** Fields of a body, in seconds: of Cloudflare, ChatGPT and Hugging Face. */
const waitField = /"(?:retry_after|resets_in_seconds|estimated_time)": ?(\d{1,15}(?:\.\d{1,15})?)/;

/** "You will regain access on 2026-04-01 at 00:00 UTC." */
const saidDate = /\b(\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC/;

/** What a body says, in its fields or in its words. */
function saidMs({ words, message, header }: WireFacts, wallMs: number): number | undefined {
  const seconds = waitField.exec(words)?.[1];
  if (seconds !== undefined) return durationMs(`${seconds}s`);
  const [, day, time] = saidDate.exec(message) ?? [];
  if (day !== undefined) return untilMs(`${day}T${time}Z`, header('date'), wallMs);
  const found = prose.exec(message);
  return found === null ? undefined : durationMs(message.slice(found.index + found[0].length));
}

/** How long the server says to wait, in milliseconds: the headers for that, its body where that counts, then its limits. */
export function statedWaitMs(facts: WireFacts, bodyCounts: boolean, wallMs: number): number | undefined {
  const { header } = facts;
  const after = header('retry-after');
  return (
    listedMs(header('retry-after-ms'), 1) ??
    listedMs(after, 1_000) ??
    untilMs(after, header('date'), wallMs) ??
    durationMs(after) ??
    (bodyCounts ? saidMs(facts, wallMs) : undefined) ??
    resetMs(facts, wallMs)
  );
}
