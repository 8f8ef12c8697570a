import { describe, expect, it } from 'vitest';
import { GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';
import type { GeminiFailure } from '../../gemini/reasons.ts';
import { exceptionOf, readLines, type Thrown } from './materialize.ts';

/** One error as it was reported from the field, and what it means. Exactly one of the four ways in which it came. */
interface Row {
  readonly source?: string;
  readonly answer?: Answer;
  readonly thrown?: Thrown;
  readonly close?: { readonly code: number; readonly reason: string; readonly wasClean: boolean };
  readonly value?: unknown;
  readonly expect: Pick<GeminiFailure, 'errorClass' | 'reason' | 'retryable' | 'delivery'> & {
    readonly retryAfterMs: number | null;
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const rows = readLines<Row>('field-errors.jsonl');

const textOf = ({ answer, thrown, close, value }: Row): string =>
  answer?.body ?? thrown?.message ?? close?.reason ?? JSON.stringify(value);

const titled = rows.map(
  (row, index) => [`${index + 1} ${row.source ?? 'known'}: ${textOf(row).slice(0, 60)}`, row] as const,
);

const caughtFrom = ({ answer, thrown, close, value }: Row): unknown =>
  thrown ? exceptionOf(thrown) : (answer ?? (close ? { type: 'close', ...close } : value));

const meaningOf = ({ errorClass, reason, retryable }: Row['expect']) => ({ errorClass, reason, retryable });

describe('an error from the field', () => {
  it.each(titled)('%s', (_title, row) => {
    const { retryAfterMs, ...exact } = row.expect;
    const failure = GoogleApiErrorHandler.classify(caughtFrom(row));
    expect(failure).toMatchObject(exact);
    if (retryAfterMs === null) expect(failure.retryAfterMs).toBeUndefined();
    else expect(failure.retryAfterMs).toBeCloseTo(retryAfterMs, -1);
  });

  it('is no other’s: its words stand in no other fixture', () => {
    const known = ['errors.jsonl', 'more-errors.jsonl']
      .flatMap(name => readLines<unknown>(name))
      .map(one => JSON.stringify(one));
    const texts = rows.map(row => JSON.stringify(textOf(row)).slice(1, -1));
    expect(texts.filter(text => text.length > 40 && known.some(other => other.includes(text)))).toEqual([]);
  });
});

const jsonRows = titled.flatMap(([title, row]) =>
  row.answer !== undefined && /^[[{]/.test(row.answer.body) ? [[title, row, row.answer] as const] : [],
);

const otherNumbers = (text: string): string =>
  text.replace(/(?<![\d.:-])[1-9]\d{3,6}(?![\d.:-])/g, n => `${Number(n) * 2}`);

/** Ways in which the same answer reaches a program: what is caught then. */
const wrappings: ReadonlyArray<readonly [string, (answer: Answer) => unknown]> = [
  ['as a JSON string', answer => ({ ...answer, body: JSON.stringify(answer.body) })],
  ['as a JSON string in a JSON string', answer => ({ ...answer, body: JSON.stringify(JSON.stringify(answer.body)) })],
  ['in an array', answer => ({ ...answer, body: `[${answer.body}]` })],
  ['indented', answer => ({ ...answer, body: `\n${JSON.stringify(JSON.parse(answer.body), null, 2)}\n` })],
  ['as an event', answer => ({ ...answer, body: `data: ${answer.body}\n\n` })],
  ['with other numbers', answer => ({ ...answer, body: otherNumbers(answer.body) })],
  [
    'as the official client throws it',
    ({ status, body }) =>
      exceptionOf({
        name: 'ApiError',
        message: JSON.stringify({ error: { message: body, code: status, status: 'Error' } }),
        status,
      }),
  ],
  [
    'as the official client once threw it',
    ({ status, body }) => exceptionOf({ message: `got status: ${status} . ${body}` }),
  ],
  [
    'as its stream throws it, and a program prints it',
    ({ status, body }) =>
      exceptionOf({ message: `[API Error: got status: ${status}. ${body}]\n  Please look at the log for more.` }),
  ],
  [
    'as Vertex’s client throws it, after tries of another',
    ({ status, body }) =>
      exceptionOf({
        name: 'AI_RetryError',
        message: 'Failed after 3 attempts.',
        errors: [{ message: `[VertexAI.ClientError]: got status: ${status} Error. ${body}` }],
      }),
  ],
  [
    'inside the answer of a proxy',
    answer => ({ ...answer, body: JSON.stringify({ error: { message: answer.body, code: answer.status } }) }),
  ],
  [
    'inside the answers of two proxies',
    answer => {
      const one = JSON.stringify({ error: { message: answer.body, type: 'upstream_error', code: answer.status } });
      return { ...answer, body: JSON.stringify({ error: { message: one, code: answer.status } }) };
    },
  ],
  [
    'as Python prints bytes',
    ({ body }) =>
      exceptionOf({ message: `litellm.APIError: GeminiException - b'${JSON.stringify(body).slice(1, -1)}'` }),
  ],
];

describe.each(wrappings)('the same error %s', (_name, wrap) => {
  it.each(jsonRows)('%s', (_title, row, answer) => {
    expect(GoogleApiErrorHandler.classify(wrap(answer))).toMatchObject(meaningOf(row.expect));
  });
});

const thrownRows = titled.flatMap(([title, row]) =>
  typeof row.thrown?.message === 'string' ? [[title, row, row.thrown, row.thrown.message] as const] : [],
);

/** What programs put around the words of an exception. */
const framings: ReadonlyArray<readonly [string, (words: string) => string]> = [
  ['after the name of a class', words => `Error: ${words}`],
  ['in brackets', words => `[API Error: ${words}]`],
  [
    'before more lines',
    words => `${words}\n    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`,
  ],
];

describe.each(framings)('the same exception %s', (_name, frame) => {
  it.each(thrownRows)('%s', (_title, row, thrown, words) => {
    const failure = GoogleApiErrorHandler.classify(exceptionOf({ ...thrown, message: frame(words) }));
    expect(failure).toMatchObject(meaningOf(row.expect));
  });
});

describe('what is left of an error', () => {
  it.each(titled.flatMap(([title, row]) => (row.answer ? [[title, row, row.answer] as const] : [])))(
    'half its body means the same, or as little as its status: %s',
    (_title, row, answer) => {
      const half = GoogleApiErrorHandler.classify({ ...answer, body: answer.body.slice(0, answer.body.length / 2) });
      const nothing = GoogleApiErrorHandler.classify({ ...answer, body: '' });
      expect([row.expect.errorClass, nothing.errorClass]).toContain(half.errorClass);
    },
  );

  it.each(jsonRows)('written for a page, it means the same or as little as its status: %s', (_title, row, answer) => {
    const escaped = answer.body.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
    const page = GoogleApiErrorHandler.classify({ ...answer, body: `<html><body><pre>${escaped}</pre></body></html>` });
    const nothing = GoogleApiErrorHandler.classify({ ...answer, body: '' });
    expect([row.expect.errorClass, nothing.errorClass]).toContain(page.errorClass);
  });
});

describe('words that an error quotes', () => {
  const quoted = '{"error":{"code":429,"message":"Please retry in 5s","status":"RESOURCE_EXHAUSTED"}}';

  //  what came, with the words of a user in it
  it.each<readonly [string, unknown]>([
    [
      'a proxy that calls the request wrong',
      { status: 400, body: { error: { type: 'invalid_request_error', message: `Not a text: ${quoted}` } } },
    ],
    [
      'an exception of gRPC inside a body',
      {
        status: 400,
        body: {
          error: {
            code: 400,
            status: 'INVALID_ARGUMENT',
            message: 'Not a text: "StatusCode.OK\n details = "User location is not supported for the API use."\n"',
          },
        },
      },
    ],
    ['a small number beside the status of an answer', { status: 400, body: { code: 8, message: 'No such field.' } }],
  ])('do not decide: %s', (_title, value) => {
    const failure = GoogleApiErrorHandler.classify(value);
    expect(failure).toMatchObject({ errorClass: 'request', reason: 'invalid-argument' });
    expect(failure.retryAfterMs).toBeUndefined();
  });
});
