import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anthropic,
  databricks,
  defineProvider,
  embedded,
  lyzr,
  ollama,
  openAiCompatible,
  openai,
} from '../../fetch.ts';
import { geminiOpenAiProvider, geminiProvider, vertexProvider } from '../../gemini/geminiProviders.ts';
import { anthropicQuotas, openAiQuotas } from '../../providers/rateLimitHeaders.ts';
import { errorClasses, type Failure } from '../../resilience/failure.ts';
import type { Provider } from '../../resilience/provider.ts';

const all = [openai, openAiCompatible, anthropic, ollama, databricks, lyzr, geminiProvider, geminiOpenAiProvider];
const providers = new Map<string, Provider>([...all, vertexProvider, embedded].map(one => [one.name, one]));

interface Row {
  readonly provider: string;
  /** null: an error inside a stream. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly expect: Partial<Failure>;
}

const rows = readFileSync(join(import.meta.dirname, '../fixtures/provider-errors.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): Row => JSON.parse(line));

const titled = rows.map(
  row => [`${row.provider} ${row.status ?? 'in a stream'}: ${row.body.slice(0, 90)}`, row] as const,
);

describe('bodies as they came', () => {
  it.each(titled)('%s', (_title, { provider, status, headers, body, expect: expected }) => {
    const facts = { status: status ?? undefined, statusText: '', headers, body };
    const failure = providers.get(provider)?.classify(facts);
    const { advice, ...exact } = expected;
    expect(failure).toMatchObject(exact);
    if (advice !== undefined) expect(failure?.advice).toContain(advice);
    expect(JSON.stringify(failure)).not.toContain('sk-proj-abcdef');
  });

  it('every provider that is defined has some', () => {
    const seen = new Set(rows.map(({ provider }) => provider));
    expect([...providers.keys()].filter(name => !seen.has(name))).toEqual(['gemini', 'embedded']);
  });
});

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });
const wrapped = (cause: Error): Error => new TypeError('fetch failed', { cause });

describe('exceptions', () => {
  it.each([
    ['a lost connection', wrapped(coded('read ECONNRESET', 'ECONNRESET')), 'connection-reset', 'ambiguous'],
    [
      'nothing listens',
      wrapped(coded('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED')),
      'connection-refused',
      'unsent',
    ],
    [
      'both addresses of a name',
      wrapped(
        Object.assign(new AggregateError([coded('connect ECONNREFUSED ::1:1', 'ECONNREFUSED')]), {
          code: 'ECONNREFUSED',
        }),
      ),
      'connection-refused',
      'unsent',
    ],
    ['a name that is not known', wrapped(coded('getaddrinfo ENOTFOUND x', 'ENOTFOUND')), 'dns', 'unsent'],
    ['an old certificate', wrapped(coded('certificate has expired', 'CERT_HAS_EXPIRED')), 'tls', 'unsent'],
    ['no connection in time', wrapped(coded('Connect Timeout Error', 'UND_ERR_CONNECT_TIMEOUT')), 'timeout', 'unsent'],
    ['no answer in time', new DOMException('No answer', 'TimeoutError'), 'timeout', 'ambiguous'],
    ['the other side closed', wrapped(coded('other side closed', 'UND_ERR_SOCKET')), 'connection-reset', 'ambiguous'],
    [
      'a cut body',
      new TypeError('terminated', { cause: coded('x', 'ERR_STREAM_PREMATURE_CLOSE') }),
      'truncated-stream',
      'ambiguous',
    ],
    ['an abort', new DOMException('aborted', 'AbortError'), 'aborted-by-user', 'ambiguous'],
    ['a mistake of the program', new TypeError('x is not a function'), 'client-bug', 'unsent'],
  ])('%s', (_title, error, reason, delivery) => {
    expect(openai.classify(error)).toMatchObject({ reason, delivery });
  });

  it.each([
    [
      'an SDK’s error with its body',
      Object.assign(new Error('429 slow'), {
        status: 429,
        headers: new Headers({ 'retry-after': '7' }),
        error: { code: 'rate_limit_exceeded' },
      }),
      { reason: 'quota-per-minute', retryAfterMs: 7_000 },
    ],
    [
      'the AI SDK’s',
      Object.assign(new Error('x'), {
        statusCode: 401,
        responseHeaders: {},
        responseBody: '{"error":{"code":"invalid_api_key","message":"m"}}',
      }),
      { reason: 'key-invalid', message: 'm' },
    ],
    [
      'that of axios, with the answer read as JSON',
      Object.assign(coded('Request failed with status code 429', 'ERR_BAD_REQUEST'), {
        status: 429,
        response: {
          status: 429,
          headers: { 'retry-after': '7' },
          data: { error: { code: 'insufficient_quota', message: 'm' } },
        },
      }),
      { errorClass: 'quota', reason: 'quota-billing', status: 429, message: 'm', retryAfterMs: 7_000 },
    ],
    [
      'that of axios, with a text',
      Object.assign(coded('Request failed with status code 500', 'ERR_BAD_RESPONSE'), {
        response: { status: 500, headers: {}, data: '{"detail":"agent failed"}' },
      }),
      { errorClass: 'server', reason: 'internal', status: 500, message: 'agent failed', delivery: 'ambiguous' },
    ],
    [
      'that of got',
      Object.assign(coded('Response code 503', 'ERR_NON_2XX_3XX_RESPONSE'), {
        response: { statusCode: 503, headers: { 'retry-after': '3' }, body: '{"error":{"message":"overloaded"}}' },
      }),
      { reason: 'overloaded', retryAfterMs: 3_000, message: 'overloaded' },
    ],
    [
      'that of ky, whose answer is a Response',
      Object.assign(new Error('Request failed with status code 401'), { response: new Response('', { status: 401 }) }),
      { errorClass: 'auth', status: 401 },
    ],
    [
      'that of axios, of a lost connection, which has no answer',
      Object.assign(coded('read ECONNRESET', 'ECONNRESET'), { response: undefined }),
      { errorClass: 'network', reason: 'connection-reset' },
    ],
  ])('%s', (_title, error, expected) => {
    expect(openai.classify(error)).toMatchObject(expected);
  });

  it.each([
    ['better-sqlite3', coded('database is locked', 'SQLITE_BUSY')],
    ['node:sqlite', Object.assign(coded('database is locked', 'ERR_SQLITE_ERROR'), { errcode: 5 })],
    ['a file that is open', coded('EBUSY: resource busy or locked, unlink', 'EBUSY')],
    ['a lock file', coded('Lock file is already being held', 'ELOCKED')],
    ['LevelDB', coded('Database is not open', 'LEVEL_LOCKED')],
    ['DuckDB', new Error('IO Error: Could not set lock on file "a.db": Conflicting lock is held in PID 1')],
  ])('a locked resource of %s', (_title, error) => {
    expect(embedded.classify(error)).toMatchObject({ reason: 'resource-locked', retryable: true, delivery: 'unsent' });
  });

  it.each([...providers.values()].map(one => [one.name, one] as const))(
    '%s reads whatever it is given',
    (_name, provider) => {
      const answers = fc.record({
        status: fc.anything(),
        statusText: fc.string(),
        headers: fc.anything(),
        body: fc.oneof(fc.string(), fc.json()),
      });
      fc.assert(
        fc.property(fc.oneof(fc.anything(), answers, fc.string()), caught => {
          const failure = provider.classify(caught);
          expect(errorClasses).toContain(failure.errorClass);
          expect(provider.strategyFor(failure).retries).toBeGreaterThanOrEqual(0);
        }),
        { numRuns: 300 },
      );
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.json()), data =>
          ['opening', 'content', 'end', 'error'].includes(provider.readEvent(data)),
        ),
      );
    },
  );
});

describe('the wait that headers state', () => {
  const wallMs = Date.parse('2026-11-22T12:00:00Z');

  //  status, headers, wait (ms)
  it.each<readonly [number, Record<string, string>, number | undefined]>([
    [429, { 'retry-after': '2' }, 2_000],
    [429, { 'retry-after': '2, 2' }, 2_000],
    [429, { 'retry-after': '2, 7' }, 7_000],
    [429, { 'retry-after-ms': '40, 50' }, 50],
    [429, { 'retry-after': '-5' }, undefined],
    [429, { 'retry-after': '-1, 2' }, undefined],
    [429, { 'retry-after': 'soon' }, undefined],
    [429, { 'retry-after': '1m30s' }, 90_000],
    [429, { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30_000],
    [429, { 'retry-after': '2026-11-22T12:00:30Z' }, 30_000],
    [429, { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '3s' }, 3_000],
    [429, { 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': '3s' }, undefined],
    [429, { 'x-ratelimit-reset-requests': '3s' }, undefined],
    [500, { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '3s' }, undefined],
    [
      429,
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '3s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '1m0.5s',
      },
      60_500,
    ],
    [429, { 'retry-after': '1', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '3s' }, 1_000],
    [
      429,
      {
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-22T12:00:20Z',
      },
      20_000,
    ],
    [
      429,
      {
        date: 'Sun, 22 Nov 2026 11:59:50 GMT',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:20Z',
      },
      30_000,
    ],
  ])('%i %j: %s ms', (status, headers, waitMs) => {
    const facts = { status, statusText: '', headers, body: '{"error":{"message":"slow down"}}' };
    expect(openai.classify(facts, wallMs).retryAfterMs).toBe(waitMs);
  });

  it('the server’s own words say more than its limits', () => {
    const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m' };
    const body = '{"error":{"message":"Please try again in 40ms."}}';
    expect(openai.classify({ status: 429, statusText: '', headers, body }).retryAfterMs).toBe(40);
  });
});

describe('limits in headers', () => {
  it.each([
    ['a minute', { limit: '10000', remaining: '9999', reset: '6ms' }, 60_000],
    ['a day', { limit: '200', remaining: '199', reset: '7m12s' }, 86_400_000],
    ['nothing used yet', { limit: '60', remaining: '60', reset: '0s' }, 60_000],
  ])('OpenAI’s: %s', (_title, { limit, remaining, reset }, windowMs) => {
    const headers = new Headers({
      'x-ratelimit-limit-requests': limit,
      'x-ratelimit-remaining-requests': remaining,
      'x-ratelimit-reset-requests': reset,
    });
    expect(openAiQuotas(headers)).toEqual([
      { unit: 'requests', limit: Number(limit), remaining: Number(remaining), windowMs },
    ]);
  });

  it('Anthropic’s', () => {
    const headers = new Headers({
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:01Z',
      'anthropic-ratelimit-input-tokens-limit': '40000',
      'anthropic-ratelimit-input-tokens-remaining': '0',
    });
    expect(anthropicQuotas(headers)).toEqual([
      { unit: 'requests', limit: 50, remaining: 49, windowMs: 60_000 },
      { unit: 'tokens', limit: 40_000, remaining: 0, windowMs: 60_000 },
    ]);
  });

  it('are not made up where they are absent or no numbers', () => {
    expect(openAiQuotas(new Headers({ 'x-ratelimit-limit-requests': 'many' }))).toEqual([]);
    expect(anthropicQuotas(new Headers())).toEqual([]);
  });
});

describe('a provider of one’s own', () => {
  const acme = defineProvider({
    name: 'acme',
    rules: [['slow-down', 'quota-per-minute', ({ code }) => code === 'slow_down' && code]],
    advice: { 'quota-per-minute': 'Ask Acme for more.' },
    strategies: { quota: { retries: 7, baseMs: 10, maxMs: 20, growth: 'linear', jitter: 'none' } },
  });
  const slow = { status: 400, statusText: '', headers: {}, body: '{"error":{"code":"slow_down"}}' };

  it('reads by its rules first', () => {
    const failure = acme.classify(slow);
    expect(failure).toMatchObject({ reason: 'quota-per-minute', rule: 'slow-down', advice: 'Ask Acme for more.' });
    expect(acme.strategyFor(failure).retries).toBe(7);
    expect(acme.classify({ ...slow, body: '' }).reason).toBe('invalid-argument');
  });

  it('a rule that throws decides nothing', () => {
    const broken = defineProvider({
      name: 'broken',
      rules: [
        [
          'throws',
          'internal',
          () => {
            throw new Error('rule');
          },
        ],
      ],
    });
    expect(broken.classify(slow).reason).toBe('invalid-argument');
  });

  it.each<readonly [unknown, string]>([
    [{ name: '' }, 'name'],
    [{ name: 'a', rules: [['r', 'no-such-reason', () => '']] }, 'rules[0][1]'],
    [{ name: 'a', strategies: { quota: { retries: -1, baseMs: 1, maxMs: 1, growth: 1 } } }, 'strategies.quota.retries'],
    [{ name: 'a', strategies: { nothing: {} } }, 'strategies.nothing'],
    [
      { name: 'a', strategies: { quota: { retries: 1, baseMs: 1, maxMs: 1, growth: 1, jitter: 'some' } } },
      'strategies.quota.jitter',
    ],
    [{ name: 'a', strategies: null }, 'strategies'],
    [{ name: 'a', advice: { overload: 'Wait.' } }, 'advice.overload'],
    [{ name: 'a', advice: { overloaded: 7 } }, 'advice.overloaded'],
    [{ name: 'a', marksEnd: 'yes' }, 'marksEnd'],
    [{ name: 'a', limits: { deadlineMs: 0 } }, 'limits.deadlineMs'],
    [{ name: 'a', clasify: 1 }, 'clasify'],
  ])('%j is refused by name', (definition, field) => {
    expect(() => defineProvider(definition as Parameters<typeof defineProvider>[0])).toThrow(field);
  });
});
