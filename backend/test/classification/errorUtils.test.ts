import { describe, expect, it } from 'vitest';
import { ErrorUtils, GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';
import { GeminiError } from '../../gemini/geminiError.ts';

const answered = (code: number, status: string, message: string) => ({
  status: code,
  headers: {},
  body: { error: { code, message, status } },
});
const unavailable = answered(503, 'UNAVAILABLE', 'The model is\noverloaded.');
const wrongKey = answered(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');

describe('ErrorUtils', () => {
  it('tells what may be retried', () => {
    expect(ErrorUtils.isRetryable(unavailable)).toBe(true);
    expect(ErrorUtils.isRetryable(wrongKey)).toBe(false);
  });

  it('describes in one line', () => {
    expect(ErrorUtils.describe(unavailable)).toBe('server/overloaded (503 UNAVAILABLE): The model is overloaded.');
  });

  it('tells a person what happened and what to do', () => {
    const words = ErrorUtils.toUserMessage(wrongKey);
    expect(words).toContain('API key not valid.');
    expect(words).toContain('AI Studio');
  });

  it('answers with the strategy of the class, and with no retries where none can help', () => {
    expect(ErrorUtils.strategyFor(unavailable)).toMatchObject({ retries: 3, baseMs: 2_000 });
    expect(ErrorUtils.strategyFor(wrongKey).retries).toBe(0);
  });
});

describe('classify', () => {
  it("yields a GeminiError's own failure", () => {
    const failure = GoogleApiErrorHandler.classify(unavailable);
    expect(GoogleApiErrorHandler.classify(new GeminiError({ failure, attempts: [] }))).toBe(failure);
  });

  it('finds it beneath the wrapper of a client that caught it', () => {
    const failure = GoogleApiErrorHandler.classify(unavailable);
    const wrapped = new Error('Unexpected HTTP client error', { cause: new GeminiError({ failure, attempts: [] }) });
    expect(GoogleApiErrorHandler.classify(wrapped)).toBe(failure);
  });

  it('reads a thing anew that only wears the brand', () => {
    const impostor = { [Symbol.for('geminicore.GeminiError')]: true, failure: 'none', message: 'fetch failed' };
    expect(GoogleApiErrorHandler.classify(impostor).reason).toBe('fetch-failed');
  });

  it('keeps the innermost words and leaves the layers out', () => {
    const inner = JSON.stringify({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } });
    const outer = new Error(
      `got status: 503 Service Unavailable. ${JSON.stringify({ error: { message: inner, code: 503, status: 'Service Unavailable' } })}`,
    );
    expect(GoogleApiErrorHandler.classify(outer)).toMatchObject({
      message: 'The model is overloaded.',
      status: 503,
      rpcStatus: 'UNAVAILABLE',
    });
  });

  it('keeps the violations in the words of the server', () => {
    const violation = {
      quotaMetric: 'm/requests',
      quotaId: 'RequestsPerDay',
      quotaValue: '250',
      quotaDimensions: { model: 'gemini-2.5-pro', location: 'global' },
    };
    const body = {
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x', details: [{ violations: [violation] }] },
    };
    expect(GoogleApiErrorHandler.classify({ status: 429, body }).quota).toEqual([
      {
        metric: 'm/requests',
        id: 'RequestsPerDay',
        limit: 250,
        window: 'day',
        model: 'gemini-2.5-pro',
        location: 'global',
      },
    ]);
  });

  it('takes the clock that it is given for a date without a reference', () => {
    const caught = { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, body: '' };
    const wallClockMs = Date.UTC(2026, 0, 1);
    expect(GoogleApiErrorHandler.classify(caught, { wallClockMs }).retryAfterMs).toBe(60_000);
  });
});

const refused = (code: string, message: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });

describe('delivery', () => {
  it.each([
    ['a refused connection', refused('ECONNREFUSED', 'connect ECONNREFUSED'), 'unsent'],
    ['an unknown host', refused('ENOTFOUND', 'getaddrinfo ENOTFOUND'), 'unsent'],
    ['a connect timeout', refused('UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error'), 'unsent'],
    ['a reset while connecting', refused('ECONNRESET', 'connect ECONNRESET 1.2.3.4:443'), 'unsent'],
    [
      'a handshake that broke',
      new Error('Client network socket disconnected before secure TLS connection was established'),
      'unsent',
    ],
    ['a certificate', refused('CERT_HAS_EXPIRED', 'certificate has expired'), 'unsent'],
    ['missing credentials', new Error('Could not load the default credentials.'), 'unsent'],
    ['a bug of the caller', new TypeError("Cannot read properties of undefined (reading 'a')"), 'unsent'],
    ['a quota', answered(429, 'RESOURCE_EXHAUSTED', 'x'), 'rejected'],
    ['an overloaded model', unavailable, 'rejected'],
    ['a wrong key', wrongKey, 'rejected'],
    ['a reset while reading', refused('ECONNRESET', 'read ECONNRESET'), 'ambiguous'],
    ['a headers timeout', refused('UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error'), 'ambiguous'],
    ['a 500', answered(500, 'INTERNAL', 'x'), 'ambiguous'],
    ['a 502', { status: 502, headers: {}, body: '' }, 'ambiguous'],
    ['a 504', answered(504, 'DEADLINE_EXCEEDED', 'x'), 'ambiguous'],
    ['a cut body', new Error('Incomplete JSON segment at the end'), 'ambiguous'],
    ['a 200 that is no JSON', { status: 200, headers: {}, body: '<html>' }, 'ambiguous'],
    ['an abort', new DOMException('This operation was aborted', 'AbortError'), 'ambiguous'],
  ])('of %s is %3$s', (_, caught, delivery) => {
    expect(GoogleApiErrorHandler.classify(caught).delivery).toBe(delivery);
  });
});
