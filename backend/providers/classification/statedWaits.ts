import { clampMs, durationMs } from '../../resilience/durations.ts';
import type { WireFacts } from './wireFacts.ts';

/** A number, or the same header sent more than once. */
const plainNumbers = /^\s*\d[\d., ]{0,99}$/;

/** A day, or the name of one: what else a platform takes for a date may be a number with a sign before it. */
const dateLike = /^\s*(?:\d{4}-\d|[a-z]{3})/i;

const prose = /\b(?:try again|retry(?:ing)?(?: again)?|wait(?: for)?)(?: in| after)? {1,3}(?=\d)/i;

/** Milliseconds until a date of HTTP or RFC 3339, by the server's own clock where it gave one: ours may be minutes off. */
export function untilMs(date: string, sent: string, wallMs: number): number | undefined {
  const atMs = dateLike.test(date) ? Date.parse(date) : Number.NaN;
  const sentMs = Date.parse(sent);
  return Number.isNaN(atMs) ? undefined : clampMs(atMs - (Number.isNaN(sentMs) ? wallMs : sentMs));
}

/** The longest of the numbers in a header. */
const longestOf = (text: string): number => Math.max(...text.split(',').map(Number));

/** Headers that say what is left (`?` is `remaining`) and when there is more again (`reset`: a duration, or a date). */
const limits = ['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap(unit => [
  `x-ratelimit-?-${unit}`,
  `anthropic-ratelimit-${unit}-?`,
]);

/** How long until there is something left of everything that a refused request has spent; undefined where nothing says so. */
function resetMs({ status, header }: WireFacts, wallMs: number): number | undefined {
  const waits = limits.flatMap(limit => {
    const reset = header(limit.replace('?', 'reset'));
    if (status !== 429 || Number(header(limit.replace('?', 'remaining')) || 1) !== 0) return [];
    return untilMs(reset, header('date'), wallMs) ?? durationMs(reset) ?? [];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** How long the server says to wait, in milliseconds: the headers for that, its words where those count, then its limits. */
export function statedWaitMs(facts: WireFacts, proseCounts: boolean, wallMs: number): number | undefined {
  const { header, message } = facts;
  const ms = header('retry-after-ms');
  if (plainNumbers.test(ms)) return clampMs(longestOf(ms));
  const after = header('retry-after');
  if (plainNumbers.test(after)) return clampMs(longestOf(after) * 1_000);
  const stated = untilMs(after, header('date'), wallMs) ?? durationMs(after);
  if (stated !== undefined) return stated;
  const found = proseCounts ? prose.exec(message) : null;
  const said = found === null ? undefined : durationMs(message.slice(found.index + found[0].length));
  return said ?? resetMs(facts, wallMs);
}
