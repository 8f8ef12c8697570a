import { describe, expect, it } from 'vitest';
import { classOf, reasonTable } from '../../gemini/classification/reasonTable.ts';
import { GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';
import type { GeminiReason } from '../../gemini/reasons.ts';
import { exceptionOf, readLines, type Thrown } from './materialize.ts';

interface Row {
  /** What the row says of the world; it could be false. */
  readonly claim: string;
  readonly reason: GeminiReason;
  readonly waitMs?: number;
  readonly thrown?: Thrown;
  /** `{status, headers, body}` as the wire gave it. */
  readonly answer?: unknown;
  readonly value?: unknown;
}

const rows = readLines<Row>('own-errors.jsonl');
const caughtFrom = ({ thrown, answer, value }: Row): unknown => (thrown ? exceptionOf(thrown) : (answer ?? value));
const wallClockMs = Date.UTC(2026, 0, 1);

describe('classify', () => {
  it.each(rows.map(row => [row.claim, row.reason, row] as const))('%s: %s', (_, reason, row) => {
    const failure = GoogleApiErrorHandler.classify(caughtFrom(row), { wallClockMs });
    expect(`${failure.reason} by ${failure.rule}`).toBe(`${reason} by ${failure.rule}`);
    expect(failure.errorClass).toBe(classOf(reason));
    expect(failure.retryable).toBe(reasonTable[reason].retryable);
    expect(failure.retryAfterMs).toBe(row.waitMs);
  });

  it('reaches every reason', () => {
    const reached = new Set(rows.map(({ reason }) => reason));
    expect(Object.keys(reasonTable).filter(reason => !reached.has(reason as GeminiReason))).toEqual([]);
  });

  it('says the same of an answer whether its headers are a record or Headers', () => {
    const answer = { status: 429, body: '' };
    const record = GoogleApiErrorHandler.classify({ ...answer, headers: { 'Retry-After': '17' } });
    const headers = GoogleApiErrorHandler.classify({ ...answer, headers: new Headers({ 'retry-after': '17' }) });
    expect(headers).toEqual(record);
    expect(headers.retryAfterMs).toBe(17_000);
  });
});
