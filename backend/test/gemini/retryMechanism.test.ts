import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  type GeminiError,
  isGeminiError,
  NO_RETRY,
  type ResilienceEvent,
  RetryMechanism,
  type RetryOptions,
  STREAMING_RETRY,
  withRetryBackoff,
} from '../../index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const httpError = (status: number, message = 'x', details: unknown[] = []): Error =>
  Object.assign(new Error(JSON.stringify({ error: { code: status, message, details } })), { name: 'ApiError', status });

const quotaError = (retryDelay: string): Error =>
  httpError(429, 'You exceeded your current quota', [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier', quotaValue: '10' }],
    },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
  ]);

const reset = (): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });

/** Runs an operation that fails as listed and then succeeds; says how it ended, how often it ran, and how long it waited. */
async function run(errors: readonly unknown[], retry: RetryOptions = {}, options: object = {}) {
  const runtime = new VirtualRuntime();
  const events: ResilienceEvent[] = [];
  const mechanism = new RetryMechanism({
    environment: {},
    retry,
    runtime,
    onEvent: event => events.push(event),
    ...options,
  });
  let ran = 0;
  const operation = () => {
    const error = errors[ran];
    ran += 1;
    if (error !== undefined) throw error;
    return 'done';
  };
  const end = await runtime.settle(mechanism.execute(operation).catch((error: unknown) => error as GeminiError));
  return { end, ran, waits: runtime.sleeps, events, runtime };
}

const times = (count: number, make: () => unknown): unknown[] => Array.from({ length: count }, make);

describe('RetryMechanism answers each class by its own row', () => {
  const rows: [string, unknown[], number, number[]][] = [
    // name, errors, runs, waits in ms with a chance of one half
    ['a server error: 3 retries, doubling from 2 s', times(9, () => httpError(503)), 4, [1_000, 2_000, 4_000]],
    ['a lost connection: 5 retries, doubling from 1 s', times(9, reset), 6, [500, 1_000, 2_000, 4_000, 8_000]],
    ['a quota that states nothing: 2 retries from 5 s', times(9, () => httpError(429)), 3, [5_375, 10_000]],
    ['a quota that states 34 s: that, and a little more', times(9, () => quotaError('34s')), 3, [35_825, 35_825]],
    ['a bad key: none', [httpError(400, 'API key not valid. Please pass a valid API key.')], 1, []],
    ['a bad request: none', [httpError(400, 'Please retry in 5s')], 1, []],
    ['an error of the program: none', [new TypeError('x is not a function')], 1, []],
    ['a plain error: none', [new Error('boom')], 1, []],
  ];
  it.each(rows)('%s', async (_name, errors, runs, waits) => {
    const { end, ran, waits: waited } = await run(errors);
    expect(ran).toBe(runs);
    expect(waited).toEqual(waits);
    expect(isGeminiError(end)).toBe(true);
    expect((end as GeminiError).attempts).toHaveLength(runs);
  });

  it('counts each class by itself, and ten in all', async () => {
    const { ran } = await run([
      ...times(3, () => httpError(503)),
      ...times(5, reset),
      ...times(2, () => httpError(429)),
      httpError(429),
    ]);
    expect(ran).toBe(11);
  });

  it('ends in the answer when one comes', async () => {
    const { end, ran } = await run([httpError(503), reset(), quotaError('1s')]);
    expect([end, ran]).toEqual(['done', 4]);
  });

  it('fails at once where the stated wait does not fit, and says when to come back', async () => {
    const { end, ran, waits, runtime } = await run([quotaError('34s')], {}, { deadlineMs: 20_000 });
    expect([ran, waits]).toEqual([1, []]);
    const error = end as GeminiError;
    expect(error.failure).toMatchObject({ reason: 'quota-per-minute', refusedBy: 'deadline', retryAfterMs: 34_000 });
    expect(error.retryAt?.getTime()).toBe(runtime.wallClock() + 35_825);
  });
});

describe('settings', () => {
  const rows: [string, RetryOptions, unknown[], number, number[]][] = [
    ['a flat number overrides every retryable class', { maxRetries: 1 }, times(9, reset), 2, [500]],
    ['but not a class that cannot be retried', { maxRetries: 5 }, [httpError(400)], 1, []],
    [
      'a class of its own wins over the flat number',
      { maxRetries: 1, network: { maxRetries: 2 } },
      times(9, reset),
      3,
      [500, 1_000],
    ],
    ['no jitter', { jitter: false }, times(9, () => httpError(503)), 4, [2_000, 4_000, 8_000]],
    [
      'another base, cap and growth',
      { baseDelayMs: 10, maxDelayMs: 50, exponentialBase: 3, jitter: 'none' },
      times(9, () => httpError(503)),
      4,
      [10, 30, 50],
    ],
    [
      'a cap below the base of a row, whatever else is set above it',
      { maxDelayMs: 20, jitter: 'none', server: { maxRetries: 2 } },
      times(9, () => httpError(503)),
      3,
      [20, 20],
    ],
    [
      'a base above the cap of a row',
      { baseDelayMs: 90_000, jitter: 'none', maxRetries: 1 },
      [httpError(503)],
      2,
      [90_000],
    ],
    ['a stated wait is not shortened by the cap', { maxDelayMs: 1_000 }, [quotaError('34s')], 2, [35_825]],
    ['NO_RETRY', NO_RETRY, [httpError(503)], 1, []],
    ['STREAMING_RETRY', STREAMING_RETRY, times(9, () => httpError(503)), 3, [500, 1_000]],
    [
      'retryOn a reason',
      { retryOn: ['key-invalid'], jitter: 'none' },
      [httpError(400, 'API key not valid. Please pass a valid API key.')],
      2,
      [1_000],
    ],
    [
      'retryOn a function',
      { retryOn: [(_f, error) => error instanceof RangeError], jitter: 'none' },
      [new RangeError('x')],
      2,
      [1_000],
    ],
    ['giveUpOn a class', { giveUpOn: ['network'] }, [reset()], 1, []],
    ['giveUpOn wins over retryOn', { giveUpOn: ['network'], retryOn: ['connection-reset'] }, [reset()], 1, []],
    ['ambiguous failures capped', { maxAmbiguousRetries: 1 }, times(9, reset), 2, [500]],
    ['ambiguous failures capped, others not', { maxAmbiguousRetries: 0 }, [httpError(503)], 2, [1_000]],
  ];
  it.each(rows)('%s', async (_name, retry, errors, runs, waits) => {
    const { ran, waits: waited } = await run(errors, retry);
    expect([ran, waited]).toEqual([runs, waits]);
  });

  it('environment gives way to the client’s own', async () => {
    const environment = { GEMINI_RETRY_MAX_RETRIES: '1', GEMINI_RETRY_JITTER: 'none' };
    const byEnvironment = await run(times(9, reset), {}, { environment });
    expect([byEnvironment.ran, byEnvironment.waits]).toEqual([2, [1_000]]);
    const capped = { ...environment, GEMINI_RETRY_MAX_DELAY_MS: '10' };
    expect((await run(times(9, reset), { maxRetries: 2 }, { environment: capped })).waits).toEqual([10, 10]);
    const byClient = await run(times(9, reset), { maxRetries: 2 }, { environment });
    expect([byClient.ran, byClient.waits]).toEqual([3, [1_000, 2_000]]);
  });

  it('aliases of other tools keep those tools’ units', async () => {
    const environment = { RETRY_MAX_ATTEMPTS: '3', LLM_RETRY_INITIAL_DELAY: '0.25', GEMINI_RETRY_JITTER: 'false' };
    const { ran, waits } = await run(times(9, reset), {}, { environment });
    expect([ran, waits]).toEqual([3, [250, 500]]);
  });
});

describe('limits', () => {
  it('ends a hung attempt and tries again', async () => {
    const runtime = new VirtualRuntime();
    const mechanism = new RetryMechanism({ environment: {}, runtime, attemptTimeoutMs: 5_000 });
    const signals: AbortSignal[] = [];
    const operation = ({ attempt, signal }: { attempt: number; signal: AbortSignal }) => {
      signals.push(signal);
      return attempt === 1 ? new Promise<string>(() => {}) : 'done';
    };
    expect(await runtime.settle(mechanism.execute(operation))).toBe('done');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(signals[0]?.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('ends at the deadline, whatever the operation does', async () => {
    const runtime = new VirtualRuntime();
    const mechanism = new RetryMechanism({ environment: {}, runtime, deadlineMs: 12_000, attemptTimeoutMs: 5_000 });
    const startMs = runtime.now();
    const error = await runtime.settle(mechanism.execute(() => new Promise(() => {})).catch((e: GeminiError) => e));
    expect(error).toMatchObject({ failure: { errorClass: 'network', reason: 'timeout' } });
    expect(runtime.now() - startMs).toBeLessThanOrEqual(12_000);
    expect(runtime.waiting).toBe(0);
  });

  it('sets at most one timer for a success', async () => {
    const runtime = new VirtualRuntime();
    const mechanism = new RetryMechanism({ environment: {}, runtime });
    await mechanism.execute(() => 1);
    expect(runtime.timersSet).toBeLessThanOrEqual(1);
    expect(runtime.waiting).toBe(0);
  });
});

describe('abort', () => {
  const reason = { why: 'the user pressed Escape' };
  const cases: [string, (abort: () => void) => () => unknown, number][] = [
    [
      'before',
      abort => {
        abort();
        return () => 'done';
      },
      0,
    ],
    [
      'in flight',
      abort => () => {
        queueMicrotask(abort);
        return new Promise(() => {});
      },
      1,
    ],
    [
      'in backoff',
      abort => () => {
        queueMicrotask(() => queueMicrotask(() => setImmediate(abort)));
        throw httpError(503);
      },
      1,
    ],
  ];
  it.each(cases)('%s: rejects with the caller’s own reason, and no attempt follows', async (_name, make, runs) => {
    const controller = new AbortController();
    const mechanism = new RetryMechanism({ environment: {}, retry: { jitter: 'none' } });
    let ran = 0;
    const operation = make(() => controller.abort(reason));
    const counted = () => {
      ran += 1;
      return operation();
    };
    const startMs = performance.now();
    await expect(mechanism.execute(counted, { signal: controller.signal })).rejects.toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(ran).toBe(runs);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('leaves no listener on a signal shared by 20,000 calls', async () => {
    const { signal } = new AbortController();
    const mechanism = new RetryMechanism({ environment: {} });
    await Promise.all(Array.from({ length: 20_000 }, () => mechanism.execute(async () => 1, { signal })));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('is not waited out by a foreign sleep that ignores its signal', async () => {
    const controller = new AbortController();
    const mechanism = new RetryMechanism({ environment: {}, runtime: { sleep: () => new Promise(() => {}) } });
    setImmediate(() => controller.abort(reason));
    const fail = () => {
      throw httpError(503);
    };
    await expect(mechanism.execute(fail, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('nesting our own names', () => {
  it('does not multiply attempts', async () => {
    const runtime = new VirtualRuntime();
    let ran = 0;
    const inner = withRetryBackoff(
      { maxRetries: 2 },
      { runtime, environment: {} },
    )(async () => {
      ran += 1;
      throw httpError(503);
    });
    const outer = withRetryBackoff({ maxRetries: 4 }, { runtime, environment: {} })(inner);
    const error = await runtime.settle(outer().catch((e: GeminiError) => e));
    expect(ran).toBe(3);
    expect(error).toMatchObject({ failure: { reason: 'unavailable' }, attempts: { length: 3 } });
  });

  it('does not multiply plain errors, nor those that are wrapped once more', async () => {
    const runtime = new VirtualRuntime();
    const wrap = withRetryBackoff({}, { runtime, environment: {} });
    let ran = 0;
    const fail = async (): Promise<never> => {
      ran += 1;
      throw new Error('plain');
    };
    await runtime.settle(wrap(wrap(fail))().catch(() => undefined));
    expect(ran).toBe(4);
    ran = 0;
    const rewrapping = wrap(async () => {
      await wrap(fail)().catch((cause: unknown) => {
        throw new Error('it failed', { cause });
      });
    });
    await runtime.settle(rewrapping().catch(() => undefined));
    expect(ran).toBe(4);
  });

  it('unless the user’s own rule asks for it', async () => {
    const runtime = new VirtualRuntime();
    let ran = 0;
    const inner = withRetryBackoff(NO_RETRY, { runtime, environment: {} })(async () => {
      ran += 1;
      throw httpError(503);
    });
    const outer = withRetryBackoff({ maxRetries: 2, retryOn: ['server'] }, { runtime, environment: {} })(inner);
    await runtime.settle(outer().catch(() => undefined));
    expect(ran).toBe(3);
  });
});

describe('events', () => {
  it('tell the story of a call, each with its call’s number', async () => {
    const { events } = await run([httpError(503)]);
    expect(events.map(({ type }) => type)).toEqual([
      'attempt-start',
      'attempt-end',
      'retry-wait',
      'attempt-start',
      'attempt-end',
      'call-end',
    ]);
    expect(new Set(events.map(({ callId }) => callId)).size).toBe(1);
    expect(events[2]).toMatchObject({ attempt: 1, attemptsAllowed: 4, delayMs: 1_000, source: 'backoff' });
    expect(events[5]).toMatchObject({ outcome: 'success', attempts: 2 });
  });

  it('say why a call was given up', async () => {
    const { events } = await run([httpError(400)]);
    expect(events.find(({ type }) => type === 'give-up')).toMatchObject({ because: 'not-retryable' });
    expect(events.at(-1)).toMatchObject({ type: 'call-end', outcome: 'failure' });
  });

  it('cost the caller nothing when the listener throws', async () => {
    const onEvent = () => {
      throw new Error('a broken listener');
    };
    const { end } = await run([httpError(503)], {}, { onEvent });
    expect(end).toBe('done');
  });
});
