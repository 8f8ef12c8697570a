import { describe, expect, it } from 'vitest';
import { GeminiCore, type GeminiCoreOptions, isGeminiError, RetryMechanism, withRetryBackoff } from '../../index.ts';

/** What a wrong setting is answered with, and how many requests were sent before it. */
function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (isGeminiError(error) && error.attempts.length === 0) return `${error.failure.reason}: ${error.failure.message}`;
    throw error;
  }
  return 'accepted';
}

const day = 'from 0 to 86400000 ms';
const limit = 'a number from 1 to 86400000 ms, or Infinity';

describe('a wrong setting is refused before anything is sent, with field, value and allowed range', () => {
  const clients: [object, string][] = [
    [
      { apiKey: undefined },
      'credentials-missing: apiKey is missing, but must be given, or set in the environment as GEMINI_API_KEY or GOOGLE_API_KEY.',
    ],
    [{ apiKey: 42 }, 'client-config: apiKey is a number, but must be a string.'],
    [{ apiKey: '' }, 'client-config: apiKey is empty, but must be a key of printable ASCII characters.'],
    [{ retry: { maxRetries: -1 } }, 'client-config: retry.maxRetries is -1, but must be an integer from 0 to 1000.'],
    [{ retry: { maxRetries: 2.5 } }, 'client-config: retry.maxRetries is 2.5, but must be an integer from 0 to 1000.'],
    [{ retry: { baseDelayMs: Number.NaN } }, `client-config: retry.baseDelayMs is NaN, but must be a number ${day}.`],
    [{ retry: { baseDelayMs: '1s' } }, `client-config: retry.baseDelayMs is "1s", but must be a number ${day}.`],
    [
      { retry: { baseDelayMs: 5_000, maxDelayMs: 1_000 } },
      'client-config: retry.maxDelayMs is 1000, but must be at least retry.baseDelayMs (5000 ms).',
    ],
    [
      { retry: { quota: { baseDelayMs: 9, maxDelayMs: 8 } } },
      'client-config: retry.quota.maxDelayMs is 8, but must be at least retry.quota.baseDelayMs (9 ms).',
    ],
    [
      { retry: { exponentialBase: 0 } },
      'client-config: retry.exponentialBase is 0, but must be a number from 1 to 100.',
    ],
    [
      { retry: { jitter: 'some' } },
      'client-config: retry.jitter is "some", but must be one of "full", "equal", "none", true, false.',
    ],
    [
      { retry: { retries: 3 } },
      'client-config: retry.retries is no option, but must be one of those known: maxRetries, baseDelayMs, maxDelayMs, exponentialBase, jitter, quota, server, network, default, retryOn, giveUpOn, maxAmbiguousRetries.',
    ],
    [
      { retry: { retryOn: ['overload'] } },
      'client-config: retry.retryOn[0] is "overload", but must be an error class, a reason, or a function.',
    ],
    [{ retry: 3 }, 'client-config: retry is 3, but must be an object.'],
    [
      { retry: { maxAmbiguousRetries: -1 } },
      'client-config: retry.maxAmbiguousRetries is -1, but must be an integer from 0 to 1000, or Infinity.',
    ],
    [{ deadlineMs: 0 }, `client-config: deadlineMs is 0, but must be ${limit}.`],
    [{ attemptTimeoutMs: '30s' }, `client-config: attemptTimeoutMs is "30s", but must be ${limit}.`],
    [{ idleTimeoutMs: -5 }, `client-config: idleTimeoutMs is -5, but must be ${limit}.`],
    [{ model: '' }, 'client-config: model is "", but must be the name of a model, for instance "gemini-flash-latest".'],
    [{ onEvent: 'log' }, 'client-config: onEvent is "log", but must be a function.'],
    [{ runtime: { now: 5 } }, 'client-config: runtime.now is 5, but must be a function.'],
    [{ httpOptions: { timeout: '5s' } }, `client-config: httpOptions.timeout is "5s", but must be ${limit}.`],
    [
      { httpOptions: { baseURL: 'x' } },
      'client-config: httpOptions.baseURL is no option, but must be one of those known: baseUrl, baseUrlResourceScope, apiVersion, headers, timeout, extraBody, retryOptions, fetch.',
    ],
    [{ httpOptions: 'http://x' }, 'client-config: httpOptions is a text, but must be an object.'],
    [
      { quota: { requestsPerMinute: 0 } },
      'client-config: quota.requestsPerMinute is 0, but must be an integer from 1 to 10000000.',
    ],
    [
      { quota: { inputTokensPerMinute: Number.NaN } },
      'client-config: quota.inputTokensPerMinute is NaN, but must be an integer from 1 to 10000000000.',
    ],
    [
      { quota: { requestsPerDay: 1.5 } },
      'client-config: quota.requestsPerDay is 1.5, but must be an integer from 1 to 1000000000.',
    ],
    [{ quota: { maxQueue: -1 } }, 'client-config: quota.maxQueue is -1, but must be an integer from 0 to 10000000.'],
    [{ quota: { strict: 'yes' } }, 'client-config: quota.strict is "yes", but must be one of true, false.'],
    [
      { quota: { rpm: 60 } },
      'client-config: quota.rpm is no option, but must be one of those known: requestsPerMinute, inputTokensPerMinute, requestsPerDay, maxQueue, strict, evenly.',
    ],
    [{ quota: 60 }, 'client-config: quota is 60, but must be an object.'],
    [
      { concurrency: { maxConcurrency: 0 } },
      'client-config: concurrency.maxConcurrency is 0, but must be an integer from 1 to 1000000.',
    ],
    [{ retryBudget: { ratio: -0.1 } }, 'client-config: retryBudget.ratio is -0.1, but must be a number from 0 to 10.'],
    [
      { retryBudget: { floorIntervalMs: 0 } },
      'client-config: retryBudget.floorIntervalMs is 0, but must be a number from 1 to 3600000 ms.',
    ],
    [{ vertexai: 'true' }, 'client-config: vertexai is "true", but must be one of true, false.'],
    // What the official client says of its own options.
    [
      { vertexai: true, apiKey: undefined },
      'credentials-missing: Authentication is not set up. Please provide either a project and location, or an API key, or a custom base URL.',
    ],
    [{ project: 'p' }, 'client-config: Project and location are not supported for Gemini API backend.'],
    [{ retry: null }, 'client-config: retry is null, but must be an object.'],
    [{ environment: null }, 'client-config: environment is null, but must be an object.'],
    [{ httpOptions: { fetch: {} } }, 'client-config: httpOptions.fetch is an object, but must be a function.'],
    [
      { environment: { GEMINI_RETRY_MAX_RETRIES: 'many' } },
      'client-config: GEMINI_RETRY_MAX_RETRIES is "many", but must be an integer from 0 to 1000.',
    ],
    [
      { environment: { LLM_RETRY_INITIAL_DELAY: '-1' } },
      'client-config: LLM_RETRY_INITIAL_DELAY is -1, but must be a number from 0 to 86400 s.',
    ],
    [
      { environment: { RETRY_MAX_ATTEMPTS: '0' } },
      'client-config: RETRY_MAX_ATTEMPTS is 0, but must be an integer from 1 to 1001.',
    ],
    [
      { environment: { GEMINI_DEADLINE_MS: '10 minutes' } },
      `client-config: GEMINI_DEADLINE_MS is "10 minutes", but must be ${limit}.`,
    ],
    [
      { environment: { GEMINI_RETRY_JITTER: 'yes' } },
      'client-config: GEMINI_RETRY_JITTER is "yes", but must be one of "full", "equal", "none", "true", "false".',
    ],
    [
      { environment: { GEMINI_RETRY_BASE_DELAY_MS: '500', GEMINI_RETRY_MAX_DELAY_MS: '100' } },
      'client-config: GEMINI_RETRY_MAX_DELAY_MS is "100" (100 ms), but must be at least the base delay (500 ms).',
    ],
  ];
  it.each(clients)('%o', (options, expected) => {
    const all = { apiKey: 'test-key', environment: {}, ...options } as GeminiCoreOptions;
    expect(refusal(() => new GeminiCore(all))).toBe(expected);
  });

  it('names the client’s options where one is unknown', () => {
    const refused = refusal(() => new GeminiCore({ apiKey: 'test-key', maxRetries: 3 } as GeminiCoreOptions));
    expect(refused).toMatch(
      /^client-config: options\.maxRetries is no option, but must be one of those known: apiKey, /,
    );
  });

  it('of the retry mechanism and of a wrapper as well', () => {
    expect(refusal(() => new RetryMechanism({ retry: { maxRetries: -1 } }))).toContain('retry.maxRetries');
    expect(refusal(() => withRetryBackoff({ maxRetries: -1 }))).toContain('retry.maxRetries is -1');
    expect(refusal(() => withRetryBackoff({}, { name: 'x' } as never))).toContain('context.name is no option');
    expect(refusal(() => withRetryBackoff()(5 as never))).toContain('operation is 5, but must be a function');
  });
});

describe('a wrong call is refused before anything is sent', () => {
  let sent = 0;
  const fetch = async (): Promise<Response> => {
    sent += 1;
    return Response.json({});
  };
  const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, httpOptions: { fetch } });
  const rows: [string, () => unknown, string][] = [
    [
      'an empty prompt',
      () => gemini.callLlm(''),
      'prompt is empty, but must be a text, parts, or a request with contents.',
    ],
    ['no prompt', () => gemini.callLlm(undefined as never), 'prompt is undefined'],
    ['a request without contents', () => gemini.callLlm({ model: 'm' } as never), 'prompt is an object'],
    ['an unknown option', () => gemini.callLlm('x', { temperature: 1 } as never), 'options.temperature is no option'],
    ['a wrong deadline', () => gemini.callLlm('x', { deadlineMs: -1 }), 'options.deadlineMs is -1'],
    [
      'a wrong retry',
      () => gemini.callLlm('x', { retry: { maxRetries: Number.NaN } }),
      'options.retry.maxRetries is NaN',
    ],
    [
      'a signal that is none',
      () => gemini.callLlm('x', { signal: true as never }),
      'options.signal is true, but must be an AbortSignal',
    ],
    ['a config that is none', () => gemini.callLlm('x', { config: 5 as never }), 'config is 5, but must be an object'],
    [
      'a signal in the config that is none',
      () => gemini.callLlm({ contents: 'x', config: { abortSignal: {} as never } }),
      'config.abortSignal is an object',
    ],
    [
      'tools that are none',
      () => gemini.callLlm('x', { config: { tools: [null] as never } }),
      'config.tools[0] is null',
    ],
    ['an embedding with a wrong model', () => gemini.embed('x', { model: '' }), 'options.model is ""'],
    ['counting nothing', () => gemini.countTokens(''), 'prompt is empty'],
  ];
  it.each(rows)('%s', async (_name, call, message) => {
    await expect(call()).rejects.toMatchObject({
      failure: { errorClass: 'request', reason: 'client-config', message: expect.stringContaining(message) },
      attempts: [],
    });
    expect(sent).toBe(0);
  });

  it('a stream at once, not at its first piece', () => {
    expect(refusal(() => gemini.callLlmStream(''))).toContain('prompt is empty');
  });
});
