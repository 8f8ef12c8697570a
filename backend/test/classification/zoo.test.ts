import { describe, expect, it } from 'vitest';
import { GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';
import { exceptionOf, readLines, type Thrown } from './materialize.ts';

/** What the official SDK threw on a real socket, and what that means. */
interface Measured {
  readonly case: string;
  readonly method: string;
  readonly class: string;
  readonly reason: string;
  readonly thrown: Thrown;
}

const rows = readLines<Measured>('sdk-error-zoo.jsonl').map(
  (row, index) => [`${index} ${row.method} ${row.case}`, row] as const,
);

describe('what the official SDK throws', () => {
  it.each(rows)('%s', (_, row) => {
    const { errorClass, reason } = GoogleApiErrorHandler.classify(exceptionOf(row.thrown));
    expect(`${errorClass}/${reason}`).toBe(`${row.class}/${row.reason}`);
  });
});
