import type { Failure } from '../resilience/failure.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

function twoUnits(ms: number, [bigMs, big]: readonly [number, string], [smallMs, small]: readonly [number, string]) {
  const bigs = Math.floor(ms / bigMs);
  const smalls = Math.floor((ms % bigMs) / smallMs);
  return smalls === 0 ? `${bigs} ${big}` : `${bigs} ${big} ${smalls} ${small}`;
}

/** A duration as a person says it: 900 ms, 2.1 s, 34 s, 5 min 20 s, 8 h 12 min, 3 d 4 h. */
export function durationInWords(ms: number): string {
  const roundedTo = (unitMs: number): number => Math.round(ms / unitMs) * unitMs;
  if (roundedTo(1) < secondMs) return `${roundedTo(1)} ms`;
  if (roundedTo(100) < 10 * secondMs) return `${(ms / secondMs).toFixed(1)} s`;
  if (roundedTo(secondMs) < 2 * minuteMs) return `${Math.round(ms / secondMs)} s`;
  if (roundedTo(secondMs) < hourMs) return twoUnits(roundedTo(secondMs), [minuteMs, 'min'], [secondMs, 's']);
  if (roundedTo(minuteMs) < 2 * dayMs) return twoUnits(roundedTo(minuteMs), [hourMs, 'h'], [minuteMs, 'min']);
  return twoUnits(roundedTo(hourMs), [dayMs, 'd'], [hourMs, 'h']);
}

/** `429 quota-per-minute`, or only the reason where there was no HTTP status. */
export function failureInWords({ status, reason }: Failure): string {
  return status === undefined ? reason : `${status} ${reason}`;
}

/** `503 overloaded (3 times), connection-reset`: what happened, in order, without saying the same twice. */
export function failuresInOrder(failures: readonly Failure[]): string {
  const runs: { words: string; times: number }[] = [];
  for (const words of failures.map(failureInWords)) {
    const last = runs.at(-1);
    if (last?.words === words) last.times += 1;
    else runs.push({ words, times: 1 });
  }
  return runs.map(({ words, times }) => (times === 1 ? words : `${words} (${times} times)`)).join(', ');
}

/** Who asked for a wait, and how long it is. */
export function waitInWords(wait: { source: 'server' | 'backoff'; delayMs: number; failure: Failure }): string {
  const { source, delayMs, failure } = wait;
  if (source === 'backoff') return `waiting ${durationInWords(delayMs)}`;
  const statedMs = failure.retryAfterMs ?? delayMs;
  return statedMs === 0 ? 'the server allows it at once' : `the server asks for ${durationInWords(statedMs)}`;
}

/** `attempt 2 of 4`, or `attempt 2` where they are not counted. */
export function attemptInWords(attempt: number, allowed: number): string {
  return Number.isFinite(allowed) ? `attempt ${attempt} of ${allowed}` : `attempt ${attempt}`;
}

/** `1 attempt`, `2 attempts`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Everything that a terminal would obey instead of showing it; escape sequences begin with one of these. */
const controls = /[^\P{Cc}\n\t]/gu;

/** Text that comes from the network, for a terminal: line breaks and tabs stay, control characters go. */
export function withoutControls(text: string): string {
  return text.replace(controls, '');
}

/** On one line, without runs of white space. */
export function onOneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim();
}

/** At most so many characters, with an ellipsis where something is missing. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
}

/** The words of a text in lines of at most `width` characters; a longer word, an address say, is cut. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}
