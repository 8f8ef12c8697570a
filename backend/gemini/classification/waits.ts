import { clampMs, durationMs } from './durations.ts';

/** The places where a server may state how long to wait, gathered from one error. */
export interface StatedWaits {
  /** RetryInfo.retryDelay. */
  readonly retryInfoMs?: number;
  /** `quotaResetDelay` in the metadata of an ErrorInfo. */
  readonly resetDelayMs?: number;
  readonly retryAfterMsHeader?: string;
  readonly retryAfterHeader?: string;
  readonly dateHeader?: string;
  /** The server's prose, or '' where its words must not count (a 400 may quote anything). */
  readonly prose: string;
}

/** What the server stated, in milliseconds: structured fields first, then headers, then prose. */
export function statedWaitMs(waits: StatedWaits, wallClock: () => number): number | undefined {
  const proseMs = waitInProse(waits.prose);
  if (waits.retryInfoMs !== undefined) return longerOfTheSame(waits.retryInfoMs, proseMs);
  return waitInHeaders(waits, wallClock) ?? proseMs ?? waits.resetDelayMs;
}

/** RetryInfo is cut to whole seconds: where the prose states the same wait with fractions, the longer of the two is meant. */
function longerOfTheSame(retryInfoMs: number, proseMs: number | undefined): number {
  const isSame = proseMs !== undefined && Math.abs(proseMs - retryInfoMs) < 1_000;
  return isSame ? Math.max(retryInfoMs, proseMs) : retryInfoMs;
}

function waitInHeaders(waits: StatedWaits, wallClock: () => number): number | undefined {
  const { retryAfterMsHeader, retryAfterHeader, dateHeader } = waits;
  if (retryAfterMsHeader !== undefined && plainNumber.test(retryAfterMsHeader))
    return clampMs(Number(retryAfterMsHeader));
  if (retryAfterHeader === undefined) return undefined;
  if (plainNumber.test(retryAfterHeader)) return clampMs(Number(retryAfterHeader) * 1_000);
  if (!httpDate.test(retryAfterHeader)) return durationMs(retryAfterHeader);
  const untilMs = Date.parse(retryAfterHeader);
  if (Number.isNaN(untilMs)) return undefined;
  // The server's own clock is the reference where it gave one: ours may be minutes off.
  const sentMs = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader);
  return clampMs(untilMs - (Number.isNaN(sentMs) ? wallClock() : sentMs));
}

const plainNumber = /^\s*\d{1,30}(?:\.\d{1,15})?\s*$/;
const httpDate = /^\s*[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/;

/**
 * "Please retry in 34.07s", "will reset after 135h10m5s", "try again in 20s", "Please wait 5 seconds". "Retrying in 32 seconds" is
 * what a client library is about to do, and "reset within 24h" is no wait: neither is read.
 */
const proseForms =
  /(?:\bretry (?:again )?(?:in|after)|\btry again (?:in|after)|\bresets? (?:after|in)|\bplease wait|\bwait (?:for|at least)|\bretry[-_ ]?after\W{1,3})\s{0,3}(?:about |approximately |~)?(?=\d)/gi;
const retryDelayField = /retry_?delay\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?(?=\d)/i;
const protoDelay = /retry_delay\s{0,3}\{\s{0,9}(?:seconds:\s{0,3}(\d{1,25}))?\s{0,9}(?:nanos:\s{0,3}(\d{1,12}))?/;

function waitInProse(prose: string): number | undefined {
  const proto = protoDelay.exec(prose);
  const protoMs =
    proto && (proto[1] ?? proto[2]) !== undefined
      ? Number(proto[1] ?? 0) * 1_000 + Number(proto[2] ?? 0) / 1e6
      : undefined;
  const spokenMs = spokenWait(prose);
  if (protoMs !== undefined) return longerOfTheSame(clampMs(protoMs) ?? 0, spokenMs);
  const field = retryDelayField.exec(prose);
  const fieldMs = field ? durationMs(prose.slice(field.index + field[0].length)) : undefined;
  return fieldMs === undefined ? spokenMs : longerOfTheSame(fieldMs, spokenMs);
}

/** A header that was written into a text, where a bare number means seconds. */
const headerInProse = /\bretry-after\s?[:=]\s?"?(\d{1,9}(?:\.\d{1,6})?)"?(?![\d\w])/i;

function spokenWait(prose: string): number | undefined {
  const header = headerInProse.exec(prose);
  if (header !== null) return clampMs(Number(header[1]) * 1_000);
  proseForms.lastIndex = 0;
  for (let found = proseForms.exec(prose); found !== null; found = proseForms.exec(prose)) {
    const ms = durationMs(prose.slice(proseForms.lastIndex, proseForms.lastIndex + 120));
    if (ms !== undefined) return ms;
  }
  return undefined;
}
