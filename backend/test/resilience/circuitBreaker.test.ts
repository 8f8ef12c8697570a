import { describe, expect, it } from 'vitest';
import { checkBreakerOptions, clientBreakerDefaults, resolveBreaker } from '../../resilience/breaker/breakerOptions.ts';
import type { CircuitChange } from '../../resilience/breaker/circuit.ts';
import { CircuitBreaker, type CircuitBreakerOptions } from '../../resilience/breaker/circuitBreaker.ts';
import { CircuitOpenError } from '../../resilience/breaker/circuitOpenError.ts';
import { circuitBreaker } from '../../resilience/breaker/circuitWrapper.ts';
import { OptionError } from '../../resilience/optionError.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { classifyScripted, failureOf, Scripted } from './scripted.ts';

function breakerWith(options: CircuitBreakerOptions = {}) {
  const runtime = new VirtualRuntime();
  const changes: string[] = [];
  const onChange = ({ from, to, because }: CircuitChange) => void changes.push(`${from} → ${to}: ${because}`);
  return { runtime, changes, breaker: new CircuitBreaker({ runtime, onChange, ...options }) };
}

const fail = (breaker: CircuitBreaker, times: number): void => {
  for (let at = 0; at < times; at += 1) breaker.recordFailure();
};

describe('driven by hand', () => {
  it('opens after five failures in a row, asks again after a minute, and closes after two successes', () => {
    const { runtime, breaker, changes } = breakerWith();
    fail(breaker, 4);
    expect([breaker.state, breaker.shouldAllowRequest()]).toEqual(['closed', true]);
    fail(breaker, 1);
    expect([breaker.state, breaker.shouldAllowRequest()]).toEqual(['open', false]);
    expect(breaker.retryAt?.getTime()).toBe(runtime.wallClock() + 60_000);
    runtime.advance(59_999);
    expect([breaker.state, breaker.shouldAllowRequest()]).toEqual(['open', false]);
    runtime.advance(1);
    expect(breaker.state).toBe('half-open');
    expect([breaker.shouldAllowRequest(), breaker.shouldAllowRequest()]).toEqual([true, false]);
    breaker.recordSuccess();
    expect([breaker.state, breaker.shouldAllowRequest()]).toEqual(['half-open', true]);
    breaker.recordSuccess();
    expect([breaker.state, breaker.retryAt]).toEqual(['closed', undefined]);
    expect(changes).toEqual([
      'closed → open: failures-in-a-row',
      'open → half-open: probe-due',
      'half-open → closed: probes-succeeded',
    ]);
  });

  it('to look at the state takes nobody’s place', () => {
    const { runtime, breaker } = breakerWith();
    fail(breaker, 5);
    runtime.advance(60_000);
    expect([breaker.state, breaker.state, breaker.shouldAllowRequest()]).toEqual(['half-open', 'half-open', true]);
  });

  it('a success between failures begins the count anew', () => {
    const { breaker } = breakerWith();
    fail(breaker, 4);
    breaker.recordSuccess();
    fail(breaker, 4);
    expect(breaker.state).toBe('closed');
  });

  it('failures of the request’s own neither count nor interrupt the count', () => {
    const { breaker } = breakerWith();
    fail(breaker, 4);
    for (const errorClass of ['quota', 'auth', 'request'] as const) breaker.recordFailure(failureOf({ errorClass }));
    expect(breaker.state).toBe('closed');
    breaker.recordFailure(failureOf({ errorClass: 'network', reason: 'dns' }));
    expect([breaker.state, breaker.failure?.reason]).toEqual(['open', 'dns']);
  });

  it('a failure that nobody read does not hide the one before', () => {
    const { breaker } = breakerWith();
    breaker.recordFailure(failureOf({ reason: 'dns' }));
    breaker.recordFailure();
    expect(breaker.failure?.reason).toBe('dns');
  });

  it('results under permits of before the outage do not decide about it', () => {
    const { runtime, breaker } = breakerWith({ failureThreshold: 1 });
    const [early, late] = [breaker.acquire(), breaker.acquire()];
    breaker.recordFailure();
    runtime.advance(60_000);
    const probe = breaker.acquire();
    breaker.recordSuccess(early);
    breaker.recordSuccess(late);
    expect(breaker.state).toBe('half-open');
    breaker.recordFailure(undefined, early);
    expect(breaker.state).toBe('half-open');
    breaker.recordFailure(undefined, probe);
    expect(breaker.state).toBe('open');
  });

  it('a result that nobody was let through for is none', () => {
    const { runtime, breaker } = breakerWith({ failureThreshold: 1, successThreshold: 1 });
    breaker.recordFailure();
    runtime.advance(60_000);
    breaker.recordSuccess();
    expect(breaker.state).toBe('half-open');
  });

  it('opened by hand it stays so until it is reset, or for as long as was said', () => {
    const { runtime, breaker, changes } = breakerWith();
    breaker.forceOpen();
    runtime.advance(86_400_000);
    expect([breaker.state, breaker.retryAt]).toEqual(['open', undefined]);
    breaker.reset();
    expect([breaker.state, breaker.shouldAllowRequest()]).toEqual(['closed', true]);
    breaker.forceOpen(5_000);
    runtime.advance(5_000);
    expect(breaker.state).toBe('half-open');
    expect(changes).toEqual(['closed → open: forced', 'open → closed: reset', 'closed → open: forced']);
  });
});

describe('over a restart', () => {
  const opened = () => {
    const made = breakerWith({ probeIntervalMs: 10_000 });
    for (let at = 0; at < 5; at += 1) made.breaker.recordFailure(failureOf({ reason: 'overloaded' }));
    return made;
  };

  it('goes on where it was, by the wall clock', () => {
    const { breaker } = opened();
    const json = JSON.parse(JSON.stringify(breaker.exportState()));
    const after = breakerWith({ probeIntervalMs: 10_000 });
    after.runtime.advance(4_000);
    after.breaker.importState(json);
    expect([after.breaker.state, after.breaker.failure?.reason]).toEqual(['open', 'overloaded']);
    expect(after.changes).toEqual(['closed → open: imported']);
    after.runtime.advance(5_999);
    expect(after.breaker.state).toBe('open');
    after.runtime.advance(1);
    expect([after.breaker.state, after.breaker.shouldAllowRequest()]).toEqual(['half-open', true]);
  });

  it('keeps the failures in a row, the successes of a round, and what is open for good', () => {
    const first = breakerWith();
    fail(first.breaker, 4);
    const second = breakerWith();
    second.breaker.importState(first.breaker.exportState());
    fail(second.breaker, 1);
    expect(second.breaker.state).toBe('open');
    second.runtime.advance(60_000);
    second.breaker.shouldAllowRequest();
    second.breaker.recordSuccess();
    const third = breakerWith();
    third.breaker.importState(second.breaker.exportState());
    expect([third.breaker.shouldAllowRequest(), third.breaker.shouldAllowRequest()]).toEqual([true, false]);
    third.breaker.recordSuccess();
    expect(third.breaker.state).toBe('closed');
    third.breaker.forceOpen();
    expect(third.breaker.exportState().probesAtMs).toBeNull();
    first.breaker.importState(JSON.parse(JSON.stringify(third.breaker.exportState())));
    expect([first.breaker.state, first.breaker.retryAt]).toEqual(['open', undefined]);
  });

  it('a wall clock that went wrong keeps nothing open for longer than the recovery timeout', () => {
    const { breaker } = opened();
    const json = breaker.exportState();
    const after = breakerWith({ probeIntervalMs: 10_000 });
    after.breaker.importState({ ...json, probesAtMs: (json.probesAtMs ?? 0) + 1e11, openedAtMs: 9e12 });
    after.runtime.advance(60_000);
    expect(after.breaker.state).toBe('half-open');
  });

  it('under other settings, what was counted stays below their thresholds, and intervals within theirs', () => {
    const rows: [string, CircuitBreakerOptions, object, object][] = [
      ['failures', { failureThreshold: 2 }, { mode: 'closed', failures: 4 }, { mode: 'closed', failures: 1 }],
      ['successes', { successThreshold: 2 }, { mode: 'half-open', successes: 9 }, { mode: 'half-open', successes: 1 }],
      ['few successes', { successThreshold: 3 }, { mode: 'half-open', successes: 1 }, { successes: 1 }],
      ['a longer interval', { recoveryTimeoutMs: 9_000 }, { mode: 'open', intervalMs: 1e9 }, { intervalMs: 9_000 }],
      ['a shorter one', { probeIntervalMs: 7_000 }, { mode: 'open', intervalMs: 1 }, { intervalMs: 7_000 }],
      ['one that fits', { probeIntervalMs: 7_000 }, { mode: 'open', intervalMs: 8_000 }, { intervalMs: 8_000 }],
    ];
    for (const [name, options, json, after] of rows) {
      const { breaker, runtime } = breakerWith(options);
      const openedAtMs = runtime.wallClock() - 500;
      const base = { ...breaker.exportState(), openedAtMs, probesAtMs: runtime.wallClock() + 100 };
      breaker.importState({ ...base, ...json });
      expect([name, breaker.exportState()]).toEqual([name, expect.objectContaining(after)]);
      if (breaker.state !== 'closed') expect(breaker.exportState().openedAtMs).toBe(openedAtMs);
    }
  });

  it('an outage of the future began now, and a failure that waiting does not help stays one', () => {
    const { breaker, runtime } = breakerWith();
    const failure = failureOf({ retryable: false });
    breaker.importState({ ...opened().breaker.exportState(), openedAtMs: 9e12, failure });
    expect([breaker.exportState().openedAtMs, breaker.failure]).toEqual([runtime.wallClock(), failure]);
  });

  const good = breakerWith().breaker.exportState();
  const rows: [string, unknown][] = [
    ['state', 'open'],
    ['state', null],
    ['state.version', { ...good, version: 2 }],
    ['state.mode', { ...good, mode: 'ajar' }],
    ['state.failures', { ...good, failures: -1 }],
    ['state.successes', { ...good, successes: 0.5 }],
    ['state.openedAtMs', { ...good, mode: 'open' }],
    ['state.probesAtMs', { ...good, probesAtMs: 'soon' }],
    ['state.intervalMs', { ...good, intervalMs: Number.NaN }],
    ['state.doubt', { ...good, doubt: 'all' }],
    ['state.failure.errorClass', { ...good, failure: { errorClass: 'x' } }],
    ['state.failure.reason', { ...good, failure: { ...failureOf(), reason: 1 } }],
    ['state.extra', { ...good, extra: 1 }],
  ];
  it.each(rows)('refuses what is no state: %s', (field, json) => {
    const { breaker } = breakerWith();
    expect(() => breaker.importState(json)).toThrow(OptionError);
    expect(() => breaker.importState(json)).toThrow(new RegExp(`^${field.replaceAll('.', '\\.')} `));
    expect(breaker.state).toBe('closed');
  });
});

describe('around a function', () => {
  const wrapped = (options: CircuitBreakerOptions = {}) => {
    const runtime = new VirtualRuntime();
    const state = { down: false, ran: 0 };
    const protect = circuitBreaker({ runtime, failureThreshold: 2, recoveryTimeoutMs: 1_000, ...options });
    const ask = protect(async (word: string) => {
      state.ran += 1;
      if (state.down) throw new Scripted({ reason: 'down' });
      return word.length;
    });
    return { runtime, state, ask, breaker: protect.breaker };
  };

  it('passes what it is given and what comes back, or what is thrown', async () => {
    const { ask, state } = wrapped();
    expect(await ask('abc')).toBe(3);
    state.down = true;
    await expect(ask('abc')).rejects.toBeInstanceOf(Scripted);
  });

  it('keeps the function’s own this', async () => {
    const protect = circuitBreaker({});
    const host = {
      name: 'host',
      tell: protect(function (this: { name: string }) {
        return this.name;
      }),
    };
    expect(await host.tell()).toBe('host');
  });

  it('throws at once while open, and says since when, why, and when to come back', async () => {
    const { ask, state, runtime } = wrapped({ classify: classifyScripted });
    state.down = true;
    await Promise.allSettled([ask('a'), ask('b')]);
    runtime.advance(400);
    const error = await ask('c').catch((caught: unknown) => caught);
    expect(state.ran).toBe(2);
    expect(error).toBeInstanceOf(CircuitOpenError);
    const open = error as CircuitOpenError;
    expect(open.retryAt?.getTime()).toBe(runtime.wallClock() + 600);
    expect(open.failure?.reason).toBe('down');
    expect(open.cause).toBeInstanceOf(Scripted);
    expect([open.since?.getTime(), open.because]).toEqual([runtime.wallClock() - 400, 'failures-in-a-row']);
    expect(open.message).toBe(
      'The circuit is open since 2026-11-22T12:00:01.000Z, because too many requests in a row failed (last failure: server / ' +
        'down). Nothing was sent. Come back at 2026-11-22T12:00:02.000Z.',
    );
  });

  it('a function that throws before it is asynchronous counts the same', async () => {
    const protect = circuitBreaker({ failureThreshold: 1, runtime: new VirtualRuntime() });
    const ask = protect(() => {
      throw new Error('x');
    });
    await expect(ask()).rejects.toThrow('x');
    await expect(ask()).rejects.toBeInstanceOf(CircuitOpenError);
  });

  const http = (fields: object, message = 'bad'): Error => Object.assign(new Error(message), fields);
  const proxy = new Proxy({}, { get: () => expect.unreachable() });
  const thrown: readonly (readonly [string, unknown, 'open' | 'closed'])[] = [
    ['a plain error', new Error('x'), 'open'],
    ['nothing', undefined, 'open'],
    ['a text', 'down', 'open'],
    ['what throws when it is looked at', proxy, 'open'],
    ['503', http({ status: 503 }), 'open'],
    ['500, as others name it', http({ response: { status: 500 } }), 'open'],
    ['529', http({ statusCode: 529 }), 'open'],
    ['400', http({ status: 400 }), 'closed'],
    ['404, as others name it', http({ response: { status: 404 } }), 'closed'],
    ['429', http({ $metadata: { httpStatusCode: 429 } }), 'closed'],
    ['a reset', http({ code: 'ECONNRESET' }), 'open'],
    ['a time limit', new DOMException('too slow', 'TimeoutError'), 'open'],
    ['a fetch that failed', new TypeError('fetch failed', { cause: http({ code: 'ENOTFOUND' }) }), 'open'],
    ['a body that broke off', new TypeError('terminated'), 'open'],
    ['an error of the program', new TypeError('x.fetch is not a function'), 'closed'],
    [
      'an address that is none',
      new TypeError('Failed to parse URL from x', { cause: new Error('Invalid URL') }),
      'closed',
    ],
    ['another of the program', new RangeError('x'), 'closed'],
    ['JSON that is none', new SyntaxError('x'), 'closed'],
    ['an abort', AbortSignal.abort().reason, 'closed'],
    ['an abort of Node', http({ code: 'ABORT_ERR' }), 'closed'],
    ['an open circuit inside', new CircuitOpenError({ because: 'forced' }), 'closed'],
    ['a failure of ours, of the server', new Scripted(), 'open'],
    [
      'a failure of ours, of the request',
      new Scripted({ errorClass: 'request', reason: 'invalid-argument' }),
      'closed',
    ],
    ['a failure of ours, of the quota', new Scripted({ errorClass: 'quota' }), 'closed'],
    ['a failure of ours, not sent', new Scripted({ refusedBy: 'breaker' }), 'closed'],
  ];
  it.each(thrown)(
    'without a reader, %s, again and again, leaves it as the service deserves',
    async (_name, error, state) => {
      const protect = circuitBreaker({ failureThreshold: 2, runtime: new VirtualRuntime() });
      const ask = protect(() => Promise.reject(error));
      for (let time = 0; time < 3; time += 1) await ask().catch(() => undefined);
      expect(protect.breaker.state).toBe(state);
    },
  );

  it('with a reader, what it says decides', async () => {
    for (const [errorClass, state] of [
      ['server', 'open'],
      ['request', 'closed'],
    ] as const) {
      const classify = () => failureOf({ errorClass });
      const protect = circuitBreaker({ failureThreshold: 1, runtime: new VirtualRuntime(), classify });
      await protect(() => Promise.reject(new TypeError('x')))().catch(() => undefined);
      expect(protect.breaker.state).toBe(state);
    }
  });

  it('says of which kind the last failure was, where the error says so itself', async () => {
    const { ask, state, breaker } = wrapped();
    state.down = true;
    await Promise.allSettled([ask('a'), ask('b')]);
    expect([breaker.state, breaker.failure?.reason]).toEqual(['open', 'down']);
  });

  it('a breaker of another copy of the package is shared, not replaced', async () => {
    const other = new CircuitBreaker();
    const copy = { execute: <T>(work: () => T) => other.execute(work) } as unknown as CircuitBreaker;
    expect(circuitBreaker(copy).breaker).toBe(copy);
    expect(await circuitBreaker(copy)(() => 7)()).toBe(7);
  });

  it('with whenOpen: wait, the function runs once the circuit lets it through', async () => {
    const { ask, state, runtime } = wrapped({ whenOpen: 'wait' });
    state.down = true;
    await Promise.allSettled([ask('a'), ask('b')]);
    const startedMs = runtime.now();
    state.down = false;
    expect(await runtime.settle(ask('abcd'))).toBe(4);
    expect([runtime.now() - startedMs, state.ran]).toEqual([1_000, 3]);
  });

  it('a wait ends at once by its signal, and does not begin where its deadline is too near', async () => {
    const { state, runtime, breaker } = wrapped({ whenOpen: 'wait' });
    breaker.forceOpen(1_000);
    const controller = new AbortController();
    const run = () => {
      state.ran += 1;
    };
    const waits = breaker.execute(run, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waits).rejects.toBe(reason);
    await expect(breaker.execute(run, { signal: controller.signal })).rejects.toBe(reason);
    await expect(breaker.execute(run, { deadlineMs: 1_000 })).rejects.toBeInstanceOf(CircuitOpenError);
    expect([state.ran, runtime.waiting]).toEqual([0, 0]);
    expect(await runtime.settle(breaker.execute(() => 7, { deadlineMs: 1_001 }))).toBe(7);
  });

  it('nobody waits for a circuit that only a reset closes', async () => {
    const { ask, breaker, runtime } = wrapped({ whenOpen: 'wait' });
    breaker.forceOpen(1_000);
    const waits = ask('abc');
    breaker.forceOpen();
    await expect(waits).rejects.toThrow('Reset it to go on.');
    await expect(ask('abc')).rejects.toThrow('Reset it to go on.');
    expect(runtime.waiting).toBe(0);
  });

  it('a success that is too slow counts as a failure', async () => {
    const runtime = new VirtualRuntime();
    const window = { minimumVolume: 1, slowCallMs: 500 };
    const protect = circuitBreaker({ runtime, failureThreshold: Number.POSITIVE_INFINITY, window });
    const take = protect((ms: number) => runtime.sleep(ms));
    await runtime.settle(take(499));
    expect(protect.breaker.state).toBe('closed');
    await runtime.settle(take(500));
    expect(protect.breaker.state).toBe('open');
    await expect(take(1)).rejects.toThrow('too large a share of the requests failed');
  });
});

describe('settings', () => {
  const rows: [unknown, string][] = [
    [{ failureThreshold: 0 }, 'breaker.failureThreshold is 0, but must be an integer from 1 to 1000000, or Infinity.'],
    [{ failureThreshold: 2.5 }, 'breaker.failureThreshold is 2.5'],
    [{ recoveryTimeoutMs: 0 }, 'breaker.recoveryTimeoutMs is 0, but must be a number from 1 to 86400000 milliseconds.'],
    [{ successThreshold: '2' }, 'breaker.successThreshold is "2"'],
    [{ successThreshold: 1.5 }, 'breaker.successThreshold is 1.5, but must be an integer from 1 to 1000.'],
    [{ halfOpenProbes: 1_001 }, 'breaker.halfOpenProbes is 1001'],
    [{ whenOpen: 'queue' }, 'breaker.whenOpen is "queue", but must be one of "fail", "wait".'],
    [{ probeLeaseMs: Number.NaN }, 'breaker.probeLeaseMs is NaN'],
    [
      { probeIntervalMs: 9_000, recoveryTimeoutMs: 4_000 },
      'breaker.probeIntervalMs is 9000, but must be no longer than breaker.recoveryTimeoutMs, which is 4000.',
    ],
    [{ window: true }, 'breaker.window is true, but must be an object.'],
    [{ window: { failureRatio: 50 } }, 'breaker.window.failureRatio is 50, but must be a number from 0.01 to 1.'],
    [{ window: { minimumVolume: 0 } }, 'breaker.window.minimumVolume is 0'],
    [{ window: { seconds: 1 } }, 'breaker.window.seconds is no option'],
    [{ treshold: 5 }, 'breaker.treshold is no option'],
    ['on', 'breaker is a text, but must be an object.'],
  ];
  it.each(rows)('%j', (options, message) => {
    expect(() => checkBreakerOptions('breaker', options)).toThrow(OptionError);
    expect(() => checkBreakerOptions('breaker', options)).toThrow(message);
  });

  const fine: unknown[] = [
    {},
    { failureThreshold: Number.POSITIVE_INFINITY, probeIntervalMs: Number.POSITIVE_INFINITY, recoveryTimeoutMs: 1 },
    { probeIntervalMs: 4_000, recoveryTimeoutMs: 4_000 },
    { probeIntervalMs: 4_000 },
    { window: false, whenOpen: undefined },
    { window: { slowCallMs: Number.POSITIVE_INFINITY, failureRatio: 1, durationMs: undefined } },
  ];
  it.each(fine)('%j is fine', options => {
    expect(checkBreakerOptions('breaker', options)).toBe(options);
  });

  it('what is left out takes its default, also inside the window', () => {
    expect(resolveBreaker({ recoveryTimeoutMs: 9_000 })).toMatchObject({ probeIntervalMs: 9_000, window: undefined });
    expect(resolveBreaker({ recoveryTimeoutMs: 9_000 }, clientBreakerDefaults)).toMatchObject({
      probeIntervalMs: 2_000,
      whenOpen: 'wait',
    });
    expect(resolveBreaker({ recoveryTimeoutMs: 1_000 }, clientBreakerDefaults).probeIntervalMs).toBe(1_000);
    expect(resolveBreaker({ window: { minimumVolume: 5 } }).window).toEqual({
      durationMs: 10_000,
      minimumVolume: 5,
      failureRatio: 0.5,
      slowCallMs: Number.POSITIVE_INFINITY,
    });
    expect(resolveBreaker({ window: false }, clientBreakerDefaults).window).toBeUndefined();
    expect(resolveBreaker({ window: undefined, failureThreshold: undefined }, clientBreakerDefaults)).toEqual(
      clientBreakerDefaults,
    );
  });

  it('are checked when a breaker is made', () => {
    expect(() => new CircuitBreaker({ halfOpenProbes: 0 })).toThrow('options.halfOpenProbes is 0');
    expect(() => circuitBreaker({ classify: 1 as never })).toThrow('options.classify is 1, but must be a function.');
    expect(() => new CircuitBreaker().forceOpen(0)).toThrow('durationMs is 0');
    expect(() => new CircuitBreaker(5 as never)).toThrow('options is 5, but must be an object.');
    for (const [given, shown] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [5, '5'],
      ['x', 'a text'],
      [[], 'an array'],
    ] as const) {
      expect(() => circuitBreaker(given as never)).toThrow(`options is ${shown}, but must be`);
    }
    expect(() => circuitBreaker()(5 as never)).toThrow('work is 5, but must be a function.');
  });
});
