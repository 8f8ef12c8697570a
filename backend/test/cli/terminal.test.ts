/** What a terminal is shown, on a stream that says it is one. */

import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AnswerOutput } from '../../cli/ask/answerOutput.ts';
import { RetryView } from '../../cli/ask/retryView.ts';
import type { Stopping } from '../../cli/ask/stopping.ts';
import { colorsFor } from '../../cli/colors.ts';
import { failureReport, lookOn } from '../../cli/failureReport.ts';
import { durationInWords, failuresInOrder, onOneLine, withoutControls, wrapped } from '../../cli/wording.ts';
import { GeminiError } from '../../gemini/geminiError.ts';
import type { GeminiFailure } from '../../gemini/reasons.ts';
import type { ResilienceEvent } from '../../resilience/events.ts';

class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  text = '';

  constructor(columns = 80) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    done();
  }

  /** The lines as they stand when everything has been written over. */
  get lines(): readonly string[] {
    return this.text.split('\n').map(line => line.split('\r\u001b[2K').at(-1) ?? '');
  }
}

const overloaded: GeminiFailure = {
  errorClass: 'server',
  reason: 'overloaded',
  status: 503,
  retryable: true,
  delivery: 'rejected',
  rule: 'status',
  evidence: '503',
  message: 'The model is overloaded.',
  advice: 'Send again.',
};
const spentMinute: GeminiFailure = {
  ...overloaded,
  errorClass: 'quota',
  reason: 'quota-per-minute',
  status: 429,
  retryAfterMs: 3_000,
};
const origin = { callId: 1, operation: 'generateContent', atMs: 0, exchange: 1 };
const wait: ResilienceEvent = {
  ...{ ...origin, type: 'retry-wait', attempt: 1, attemptsAllowed: 3, deadlineLeftMs: 600_000 },
  ...{ delayMs: 3_200, source: 'server', failure: spentMinute },
};
const nextAttempt: ResilienceEvent = { ...origin, type: 'attempt-start', attempt: 2 };

describe('the line of a retry', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv('NO_COLOR', '1');
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  test('counts down in place, and stays without the seconds when the next attempt begins', () => {
    const terminal = new Terminal();
    const view = new RetryView(terminal);
    const words = '429 quota-per-minute · the server asks for 3.0 s · attempt 2 of 3';
    view.onEvent(wait);
    expect(terminal.lines).toEqual([`${words} · 4 s…`]);
    vi.advanceTimersByTime(1_300);
    expect(terminal.lines).toEqual([`${words} · 2 s…`]);
    vi.advanceTimersByTime(1_900);
    expect(terminal.lines).toEqual([`${words} · now`]);
    view.onEvent(nextAttempt);
    expect(terminal.lines).toEqual([words, '']);
    vi.advanceTimersByTime(60_000);
    expect(terminal.lines).toEqual([words, '']);
  });

  test('stops counting when the call ends in the middle of the wait', () => {
    const terminal = new Terminal();
    const view = new RetryView(terminal);
    view.onEvent(wait);
    view.end();
    view.end();
    vi.advanceTimersByTime(60_000);
    expect(terminal.lines).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is cut to the width of the terminal, because what wraps cannot be written over', () => {
    const terminal = new Terminal(40);
    new RetryView(terminal).onEvent(wait);
    expect(terminal.lines).toEqual(['429 quota-per-minute · the server asks…']);
  });
});

describe('the answer', () => {
  const running: Stopping = { signal: new AbortController().signal, reason: undefined, stop: () => {}, end: () => {} };

  test.each([
    ['words', 'words\n'],
    ['words\n', 'words\n'],
    ['', ''],
    ['\u001b[2Jred\u0007\r\n\ttab', '[2Jred\n\ttab\n'],
  ])('%j is shown as %j', async (given, shown) => {
    const terminal = new Terminal();
    const output = new AnswerOutput(terminal, running);
    await output.write(given);
    output.endLine();
    output.endLine();
    expect(terminal.text).toBe(shown);
  });
});

describe('the report of a failure', () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const report = (failure: GeminiFailure, retryInMs: number): string =>
    failureReport(
      new GeminiError({
        failure,
        attempts: [
          { exchange: 1, attempt: 1, startedAtMs: 1_000, durationMs: 100, waitedMs: 0, failure: overloaded },
          { exchange: 1, attempt: 2, startedAtMs: 3_100, durationMs: 200, waitedMs: 2_000, failure },
        ],
        retryAt: new Date(nowMs + retryInMs),
      }),
      { colors: colorsFor({}), width: 60, nowMs },
    );

  test('says what happened, what to do, when to come back and what was tried, within its width', () => {
    const lines = report({ ...spentMinute, message: `${'word '.repeat(20)}${'x'.repeat(90)}` }, 34_000).split('\n');
    expect(lines[0]).toBe('quota/quota-per-minute (HTTP 429)');
    expect(lines.filter(line => line.length > 60)).toEqual([]);
    expect(lines.join('\n')).toMatch(
      / {2}What to do {7}Send again\.\n {2}Come back {8}in 34 s, at 202\d-\d\d-\d\d \d\d:\d\d:\d\d\n/,
    );
    expect(lines.slice(-2).map(line => line.trim())).toEqual([
      'Attempts         2 in 2.3 s, of which 2.0 s waiting: 503',
      'overloaded, 429 quota-per-minute',
    ]);
  });

  test('names no hour within minutes for what does not pass within minutes', () => {
    const spentDay: GeminiFailure = { ...spentMinute, reason: 'quota-per-day', retryable: false };
    expect(report(spentDay, 8_300)).not.toContain('Come back');
    expect(report(spentDay, 29_700_000)).toContain('Come back        in 8 h 15 min, at ');
  });
});

describe('words', () => {
  test.each([
    [0.4, '0 ms'],
    [999, '999 ms'],
    [2_140, '2.1 s'],
    [9_960, '10 s'],
    [34_074, '34 s'],
    [119_400, '119 s'],
    [320_000, '5 min 20 s'],
    [29_520_000, '8 h 12 min'],
    [579_600_000, '6 d 17 h'],
  ])('%d ms are %s', (ms, words) => {
    expect(durationInWords(ms)).toBe(words);
  });

  test('a duration never shows sixty of a unit', () => {
    expect([durationInWords(999.6), durationInWords(3_599_999)]).toEqual(['1.0 s', '1 h']);
  });

  test('the same failure in a row is said once', () => {
    expect(failuresInOrder([overloaded, overloaded, spentMinute])).toBe(
      '503 overloaded (2 times), 429 quota-per-minute',
    );
  });

  test('words longer than a line are cut', () => {
    expect(wrapped('a bb cccccccc d', 4)).toEqual(['a bb', 'cccc', 'cccc', 'd']);
  });

  test('control characters go, line breaks and tabs stay or become spaces', () => {
    expect(withoutControls('a\u0000\u009b\n\tb\u007f')).toBe('a\n\tb');
    expect(onOneLine(' a\r\n\n b\u001b ')).toBe('a b');
  });
});

// Pseudo-terminals say 0 columns until a window is there, and a window can be dragged to nothing.
test.each([0, 1, 10, 41])('a terminal of %i columns gets its report and its waits all the same', columns => {
  const error = new GeminiError({ failure: overloaded, attempts: [], cause: new Error('overloaded') });
  const report = failureReport(error, lookOn(new Terminal(columns), 0));
  expect(report).toContain('overloaded');
  const terminal = new Terminal(columns);
  const view = new RetryView(terminal);
  view.onEvent(wait);
  view.end();
  expect(terminal.text).toContain('quota-per-minute');
});
