import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anthropic, databricks, lyzr, ollama, openAiCompatible, openai } from '../../fetch.ts';
import { geminiOpenAiProvider, vertexProvider } from '../../gemini/geminiProviders.ts';
import type { Failure } from '../../resilience/failure.ts';
import type { Provider } from '../../resilience/provider.ts';
import { readLines } from '../classification/materialize.ts';

const providers = new Map<string, Provider>(
  [openai, openAiCompatible, anthropic, ollama, databricks, lyzr, geminiOpenAiProvider, vertexProvider].map(one => [
    one.name,
    one,
  ]),
);

/** One error as it was reported from the field, and what it means. */
interface Row {
  readonly provider: string;
  readonly source: string;
  /** null: an error inside a stream. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly expect: Pick<Failure, 'errorClass' | 'reason' | 'retryable' | 'delivery'> & {
    readonly retryAfterMs: number | null;
  } & Partial<Failure>;
}

const rows = readLines<Row>('provider-wire-errors.jsonl');
const titled = rows.map(row => [`${row.provider} ${row.status ?? 'in a stream'}: ${row.source}`, row] as const);
const wallMs = Date.parse('2026-03-23T23:00:00Z');

/** What the row's provider says of it, or of it with something else in the place of what it has. */
function classified({ provider, status, headers, body }: Row, other: Partial<Row> = {}): Failure {
  const facts = { status: status ?? undefined, statusText: '', headers, body, ...other };
  return (providers.get(provider) ?? expect.unreachable()).classify(facts, wallMs);
}

describe('errors from the field', () => {
  it.each(titled)('%s', (_title, row) => {
    const { retryAfterMs, ...exact } = row.expect;
    const failure = classified(row);
    expect(failure).toMatchObject(exact);
    expect(failure.retryAfterMs).toBe(retryAfterMs ?? undefined);
  });

  it('every provider has at least eight', () => {
    const counts = Map.groupBy(rows, ({ provider }) => provider);
    expect([...providers.keys()].filter(name => (counts.get(name)?.length ?? 0) < 8)).toEqual([]);
  });
});

const isJson = ({ body }: Row): boolean => /^[[{]/.test(body);

/** The body with its words for people changed; codes and types are words for machines, and stay. */
function reworded(body: string, change: (words: string) => string): string {
  const spoken = new Set(['message', 'detail', 'error', 'msg', 'raw']);
  return JSON.stringify(JSON.parse(body), (key, value: unknown) =>
    spoken.has(key) && typeof value === 'string' && !/^[[{]/.test(value) ? change(value) : value,
  );
}

/** Ways in which the same error comes differently: the row, anew. */
const variations: ReadonlyArray<readonly [string, (row: Row) => Partial<Row>]> = [
  ['shouted', ({ body }) => ({ body: reworded(body, words => words.toUpperCase()) })],
  ['in small letters', ({ body }) => ({ body: reworded(body, words => words.toLowerCase()) })],
  [
    'with other numbers',
    ({ body }) => ({
      body: reworded(body, words => words.replace(/(?<![\d-])[1-9]\d{3,6}(?![\d-])/g, n => `${Number(n) * 2}`)),
    }),
  ],
  ['indented', ({ body }) => ({ body: `\n${JSON.stringify(JSON.parse(body), null, 2)}\n` })],
  [
    'inside the answer of a proxy',
    ({ body, status }) => ({ body: JSON.stringify({ error: { message: body, ...(status && { code: status }) } }) }),
  ],
  [
    'inside the answers of two proxies',
    ({ body, status }) => {
      const one = JSON.stringify({ error: { message: body, type: 'upstream_error', ...(status && { code: status }) } });
      return {
        body: JSON.stringify({ error: { message: one, type: 'upstream_error', ...(status && { code: status }) } }),
      };
    },
  ],
];

/** Gemini’s own classification has variations of its own. */
const isOurs = ({ provider }: Row): boolean => provider !== 'gemini-openai' && provider !== 'vertex';

describe.each(variations)('the same error %s', (_name, vary) => {
  it.each(titled.filter(([, row]) => isJson(row) && isOurs(row)))('%s', (_title, row) => {
    const { errorClass, reason, retryable, delivery } = row.expect;
    expect(classified(row, vary(row))).toMatchObject({ errorClass, reason, retryable, delivery });
  });
});

describe('of what is left of an error', () => {
  it.each(titled)('half its body: %s', (_title, row) => {
    const half = classified(row, { body: row.body.slice(0, row.body.length / 2) });
    const nothing = classified(row, { body: '' });
    expect([row.expect.errorClass, nothing.errorClass]).toContain(half.errorClass);
  });

  it.each(titled)('no header: %s', (_title, row) => {
    const { errorClass, retryable } = classified(row, { headers: {} });
    expect(errorClass).toBe(row.expect.errorClass);
    // Hours that only a header stated are not known without it.
    if (row.expect.reason !== 'quota-long-wait') expect(retryable).toBe(row.expect.retryable);
  });

  it.each(titled.filter(([, row]) => isOurs(row)))('any piece of it is understood: %s', (_title, row) => {
    const cut = fc.tuple(fc.nat(row.body.length), fc.nat(row.body.length));
    fc.assert(
      fc.property(cut, ([from, to]) => {
        const { errorClass, reason } = classified(row, { body: row.body.slice(from, to) });
        expect([errorClass, reason]).not.toContain('network');
        expect([errorClass, reason]).not.toContain('client-bug');
      }),
      { numRuns: 20 },
    );
  });

  //  status, what a page of a gateway without any word means
  it.each<readonly [number, string, boolean]>([
    [400, 'invalid-argument', false],
    [401, 'unauthenticated', false],
    [402, 'quota-billing', false],
    [403, 'permission', false],
    [404, 'not-found', false],
    [408, 'deadline', true],
    [409, 'resource-locked', true],
    [413, 'payload-too-large', false],
    [422, 'invalid-argument', false],
    [429, 'quota-unspecified', true],
    [500, 'internal', true],
    [502, 'bad-gateway', true],
    [503, 'unavailable', true],
    [504, 'deadline', true],
    [520, 'bad-gateway', true],
    [524, 'deadline', true],
    [529, 'overloaded', true],
    [530, 'bad-gateway', true],
  ])('a page behind %i: %s', (status, reason, retryable) => {
    const body = '<html>\r\n<head><title>Oops</title></head>\r\n<body></body>\r\n</html>';
    for (const one of [openai, openAiCompatible, anthropic, ollama, databricks, lyzr]) {
      const facts = { status, statusText: '', headers: { 'content-type': 'text/html' }, body };
      expect(one.classify(facts)).toMatchObject({ reason, retryable, message: 'Oops' });
    }
  });
});

describe('an error inside a stream without a status', () => {
  //  type, code, reason
  it.each<readonly [string, string | null, string]>([
    ['invalid_request_error', null, 'invalid-argument'],
    ['not_found_error', null, 'invalid-argument'],
    ['authentication_error', null, 'permission'],
    ['permission_error', null, 'permission'],
    ['rate_limit_error', null, 'quota-per-minute'],
    ['tokens', 'rate_limit_exceeded', 'quota-per-minute'],
    ['insufficient_quota', 'insufficient_quota', 'quota-billing'],
    ['usage_limit_reached', null, 'quota-long-wait'],
    ['overloaded_error', null, 'overloaded'],
    ['engine_overloaded_error', null, 'overloaded'],
    ['invalid_request_error', 'context_length_exceeded', 'context-too-long'],
    ['invalid_request_error', 'content_filter', 'blocked-content'],
    ['invalid_request_error', 'model_not_found', 'model-not-found'],
    ['server_error', null, 'internal'],
    ['api_error', null, 'internal'],
    ['something_new', null, 'internal'],
  ])('%s %s: %s', (type, code, reason) => {
    const body = JSON.stringify({ error: { type, code, message: 'No words' } });
    for (const status of [undefined, 200]) {
      expect(openAiCompatible.classify({ status, statusText: '', headers: {}, body }).reason).toBe(reason);
    }
  });
});

describe('what the server says of sending again', () => {
  //  status, x-should-retry, retryable
  it.each<readonly [number, string, boolean]>([
    [400, 'true', true],
    [404, 'true', true],
    [500, 'true', true],
    [402, 'true', false],
    [408, 'false', false],
    [409, 'false', false],
    [429, 'false', false],
    [500, 'false', false],
    [500, 'TRUE', true],
    [400, 'maybe', false],
  ])('%i with x-should-retry: %s', (status, said, retryable) => {
    for (const one of [openai, anthropic]) {
      const failure = one.classify({ status, statusText: '', headers: { 'x-should-retry': said }, body: '' });
      expect(failure.retryable).toBe(retryable);
      if (retryable) expect(one.strategyFor(failure).retries).toBeGreaterThan(0);
    }
  });
});

describe('resets in every form in which they are sent', () => {
  //  reset, wait (ms)
  it.each<readonly [string, number | undefined]>([
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['120ms', 120],
    ['2m59.56s', 179_560],
    ['7.66s', 7_660],
    ['1h2m3s', 3_723_000],
    ['42', 42_000],
    ['0.5', 500],
    ['1774306830', 30_000],
    ['1774306830.5', 30_500],
    ['1774306830250', 30_250],
    ['2026-03-23T23:00:30Z', 30_000],
    ['2026-03-24T00:00:30+01:00', 30_000],
    ['Mon, 23 Mar 2026 23:00:30 GMT', 30_000],
    ['1774306000', 0],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('%j: %s ms', (reset, waitMs) => {
    for (const name of ['x-ratelimit-?', 'x-ratelimit-?-requests', 'anthropic-ratelimit-input-tokens-?']) {
      const headers = { [name.replace('?', 'remaining')]: '0', [name.replace('?', 'reset')]: reset };
      const facts = { status: 429, statusText: '', headers, body: '{"error":{"message":"slow down"}}' };
      expect(openAiCompatible.classify(facts, wallMs).retryAfterMs).toBe(waitMs);
    }
  });
});

const thrown = (message: string, fields: object): Error => Object.assign(new Error(message), fields);

describe('what SDKs throw', () => {
  it.each<readonly [string, Provider, unknown, Partial<Failure>]>([
    [
      'OpenAI’s, for an error inside a stream',
      openai,
      thrown('An error occurred while processing your request.', {
        status: undefined,
        code: 'server_error',
        type: 'server_error',
        error: {
          type: 'server_error',
          code: 'server_error',
          message: 'An error occurred while processing your request.',
        },
      }),
      { errorClass: 'server', retryable: true, delivery: 'ambiguous' },
    ],
    [
      'Anthropic’s, for an overload inside a stream',
      anthropic,
      thrown('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', {
        status: undefined,
        error: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      }),
      { reason: 'overloaded', retryable: true, message: 'Overloaded' },
    ],
    [
      'the AI SDK’s, after its own retries',
      openai,
      thrown('Failed after 3 attempts.', {
        name: 'AI_RetryError',
        errors: [
          thrown('Rate limit', {
            statusCode: 429,
            responseHeaders: { 'retry-after-ms': '250' },
            responseBody: '{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}',
          }),
        ],
      }),
      { reason: 'quota-per-minute', retryAfterMs: 250 },
    ],
    [
      'Ollama’s',
      ollama,
      thrown("model 'gemma3' not found", {
        name: 'ResponseError',
        status_code: 404,
        error: "model 'gemma3' not found",
      }),
      { reason: 'model-not-found', status: 404 },
    ],
    [
      'an event whose error is an exception',
      openai,
      { type: 'error', error: thrown('read ECONNRESET', { code: 'ECONNRESET' }), message: 'connection reset' },
      { errorClass: 'network' },
    ],
  ])('%s', (_title, provider, error, expected) => {
    expect(provider.classify(error)).toMatchObject(expected);
  });
});

it('a spent credit is looked at again after a minute, whatever day the server names', () => {
  const row = rows.find(({ expect: { reason, retryAfterMs } }) => reason === 'quota-billing' && retryAfterMs !== null);
  const failure = classified(row ?? expect.unreachable());
  expect(failure.retryAfterMs).toBeGreaterThan(86_400_000);
  expect(anthropic.quotaReading?.spentUntil?.(failure, wallMs)).toBe(wallMs + 60_000);
});
