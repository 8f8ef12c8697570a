import { describe, expect, it } from 'vitest';
import { GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';
import { caughtFrom, type Reported, readLines } from './materialize.ts';

const reported = readLines<Reported>('errors.jsonl');

/** The text is the SDK's for any lost request; that it was a timeout stands in the report, not in the error. */
const reasonOutsideTheError: readonly string[] = ['sdk-fetch-failed-sending-request-5min'];

/** RetryInfo is cut to whole seconds, so the same wait may be stated up to a second apart. */
const toleratedMs = 1_000;

const clear = reported.filter(({ ambiguous }) => ambiguous !== true);
const debatable = reported.filter(({ ambiguous }) => ambiguous === true);

describe('an error reported from the field', () => {
  it.each(clear.map(entry => [entry.id, entry] as const))('%s', (id, entry) => {
    const { class: errorClass, retryable, retryAfterMs, reason } = entry.expect;
    const failure = GoogleApiErrorHandler.classify(caughtFrom(entry));
    expect(failure).toMatchObject({ errorClass, retryable });
    if (!reasonOutsideTheError.includes(id)) expect(failure.reason).toBe(reason);
    if (retryAfterMs === null) expect(failure.retryAfterMs).toBeUndefined();
    else expect(Math.abs((failure.retryAfterMs ?? Number.NaN) - retryAfterMs)).toBeLessThanOrEqual(toleratedMs);
  });
});

describe('an error of the same kinds, in other words and wrappings', () => {
  it.each(readLines<Reported>('more-errors.jsonl').map(entry => [entry.id, entry] as const))('%s', (_id, entry) => {
    const { class: errorClass, retryable, retryAfterMs, reason } = entry.expect;
    const given = entry.thrown ? caughtFrom(entry) : { status: entry.status, headers: entry.headers, body: entry.body };
    const failure = GoogleApiErrorHandler.classify(given);
    expect(failure).toMatchObject({ errorClass, retryable, reason });
    if (retryAfterMs === null) expect(failure.retryAfterMs).toBeUndefined();
    else expect(Math.abs((failure.retryAfterMs ?? Number.NaN) - retryAfterMs)).toBeLessThanOrEqual(toleratedMs);
  });
});

describe('the debatable ones', () => {
  it('have the expected class in all cases but one: the text of that timeout is the text of an abort', () => {
    const other = debatable.filter(
      entry => GoogleApiErrorHandler.classify(caughtFrom(entry)).errorClass !== entry.expect.class,
    );
    expect(other.map(({ id }) => id)).toEqual(['oldsdk-timeout-looks-like-abort']);
  });
});
