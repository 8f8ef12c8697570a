import type { GeminiError } from '../gemini/geminiError.ts';
import type { Attempt } from '../resilience/attempt.ts';
import { type Colors, colorsFor, type Screen } from './colors.ts';
import { widthOf } from './width.ts';
import { counted, durationInWords, failuresInOrder, onOneLine, wrapped } from './wording.ts';

const labelWidth = 17;
const widest = 100;

/** `2026-03-01 14:03:22`, local time: Swedish writes dates as ISO does. */
const localTime = (date: Date): string => date.toLocaleString('sv-SE');

/** A failure that does not pass within minutes and a date within minutes contradict each other: a spent day states seconds. */
const minutesMs = 600_000;

function comeBack({ failure, retryAt }: GeminiError, nowMs: number): string {
  if (retryAt === undefined) return '';
  const leftMs = retryAt.getTime() - nowMs;
  if (!failure.retryable && leftMs < minutesMs) return '';
  return leftMs < 1_000 ? 'now' : `in ${durationInWords(leftMs)}, at ${localTime(retryAt)}`;
}

function attemptsInWords(attempts: readonly Attempt[]): string {
  const [first] = attempts;
  const last = attempts.at(-1);
  if (first === undefined || last === undefined) return 'none: nothing was sent';
  if (attempts.length === 1) return '1, not repeated';
  const tookMs = last.startedAtMs + last.durationMs - first.startedAtMs;
  const waitedMs = attempts.reduce((sum, attempt) => sum + attempt.waitedMs, 0);
  const time = `${attempts.length} in ${durationInWords(tookMs)}, of which ${durationInWords(waitedMs)} waiting`;
  return `${time}: ${failuresInOrder(attempts.flatMap(({ failure = [] }) => failure))}`;
}

const refusals = {
  breaker: 'the circuit is open',
  gate: 'the quota is known to be spent',
  budget: 'too many retries are under way',
  deadline: 'the wait would not fit into the deadline',
  'cost-cap': 'the cost cap is reached',
} as const;

type Row = readonly [label: string, text: string];

function rowsOf(error: GeminiError, nowMs: number): readonly Row[] {
  const { failure, attempts, partialText = '' } = error;
  const { status, message, advice, refusedBy } = failure;
  const all: readonly Row[] = [
    [status === undefined ? 'What happened' : 'The server says', onOneLine(message)],
    ['What to do', advice],
    ['Not sent again', refusedBy === undefined ? '' : refusals[refusedBy]],
    ['Come back', comeBack(error, nowMs)],
    ['Attempts', attemptsInWords(attempts)],
    ['Received', partialText === '' ? '' : `${counted(partialText.length, 'character')}; the answer is not whole`],
  ];
  return all.filter(([, text]) => text !== '');
}

function laidOut([label, text]: Row, { dim }: Colors, width: number): string {
  const lines = wrapped(text, width - labelWidth - 2);
  const [first, ...more] = lines;
  return [`  ${dim(label.padEnd(labelWidth))}${first}`, ...more.map(line => ' '.repeat(labelWidth + 2) + line)].join(
    '\n',
  );
}

/** How a report is written. */
export interface ReportLook {
  readonly colors: Colors;
  /** Characters in a line; Infinity: a line for each fact. */
  readonly width: number;
  /** Milliseconds since 1970: what "in 34 s" counts from. */
  readonly nowMs: number;
}

/** A failed call for a person: what it was, the server's own words, what to do, when to come back, what was tried. */
export function failureReport(error: GeminiError, { colors, width, nowMs }: ReportLook): string {
  const { errorClass, reason, status } = error.failure;
  const title = `${errorClass}/${reason}${status === undefined ? '' : ` (HTTP ${status})`}`;
  const rows = rowsOf(error, nowMs).map(row => laidOut(row, colors, width));
  return [colors.red(colors.bold(title)), ...rows].join('\n');
}

/** Wrapped on a terminal; elsewhere one line for each fact, so that it can be searched. */
export function lookOn(screen: Screen, nowMs: number): ReportLook {
  const width = widthOf(screen);
  return { colors: colorsFor(screen), width: screen.isTTY ? Math.min(width, widest) : width, nowMs };
}
