import { clampMs, durationMs } from '../../resilience/durations.ts';
import type { WireFacts } from './wireFacts.ts';

const plainNumber = /^\s*\d{1,15}(?:\.\d{1,9})?\s*$/;

const prose = /\b(?:try again|retry(?:ing)?(?: again)?|wait(?: for)?)(?: in| after)? {1,3}(?=\d)/i;

/** Milliseconds until a date of HTTP or RFC 3339, by the server's own clock where it gave one: ours may be minutes off. */
export function untilMs(date: string, sent: string, wallMs: number): number | undefined {
  const atMs = Date.parse(date);
  const sentMs = Date.parse(sent);
  return Number.isNaN(atMs) ? undefined : clampMs(atMs - (Number.isNaN(sentMs) ? wallMs : sentMs));
}

/** How long the server says to wait, in milliseconds: headers first, then its words, where those count. */
export function statedWaitMs({ header, message }: WireFacts, proseCounts: boolean, wallMs: number): number | undefined {
  const ms = header('retry-after-ms');
  if (plainNumber.test(ms)) return clampMs(Number(ms));
  const after = header('retry-after');
  if (plainNumber.test(after)) return clampMs(Number(after) * 1_000);
  if (after !== '') return untilMs(after, header('date'), wallMs) ?? durationMs(after);
  const found = proseCounts ? prose.exec(message) : null;
  return found === null ? undefined : durationMs(message.slice(found.index + found[0].length));
}
