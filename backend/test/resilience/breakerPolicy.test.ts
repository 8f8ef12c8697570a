import { getEventListeners } from 'node:events';
import { setImmediate as macrotask } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type BreakerOptions, clientBreakerDefaults, resolveBreaker } from '../../resilience/breaker/breakerOptions.ts';
import { breakerPolicy } from '../../resilience/breaker/breakerPolicy.ts';
import { forceOpen } from '../../resilience/breaker/breakerSteps.ts';
import type { Circuit } from '../../resilience/breaker/circuit.ts';
import { type ServiceChange, ServiceCircuits } from '../../resilience/breaker/serviceCircuits.ts';
import type { Failed, Failure, Outcome } from '../../resilience/failure.ts';
import type { CallOptions, Exchange, Operation, Send } from '../../resilience/policy.ts';
import { retry } from '../../resilience/retry.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { exchangeFor, failureOf, Scripted, through } from './scripted.ts';

const opensAtOnce = { failureThreshold: 1, recoveryTimeoutMs: 1_000 } as const;

/** A client of one service: what was sent to it, and what the breaker said. */
class Client {
  readonly runtime = new VirtualRuntime();
  readonly changes: string[] = [];
  readonly circuits: ServiceCircuits;
  readonly send: Send;
  sent = 0;

  constructor(options: BreakerOptions = opensAtOnce) {
    const settings = resolveBreaker(options);
    const onChange = ({ service, from, to, because }: ServiceChange) =>
      void this.changes.push(`${service}: ${from} → ${to}, ${because}`);
    this.circuits = new ServiceCircuits({ settings, onChange });
    this.send = through(breakerPolicy({ settings, circuits: this.circuits }));
  }

  get circuit(): Circuit {
    return this.circuits.of(exchangeFor(this.runtime, () => undefined));
  }

  get mode() {
    return this.circuits.all.get('host/model')?.mode;
  }

  /** Sends an exchange of a new call. */
  start<T>(work: Operation<T>, options?: Parameters<typeof exchangeFor>[2]) {
    const exchange = exchangeFor(
      this.runtime,
      ((context, own) => {
        this.sent += 1;
        return work(context, own);
      }) as Operation<T>,
      options,
    );
    return { exchange, outcome: this.send(exchange) };
  }

  /** Sends one that fails, and waits for that. */
  fail(parts: Partial<Failure> = {}): Promise<Outcome<never>> {
    return this.start<never>(() => Promise.reject(new Scripted(parts))).outcome;
  }
}

/** Lets everything happen that needs no time. */
const idle = async (): Promise<void> => {
  for (let round = 0; round < 5; round += 1) await macrotask();
};

const never = (): Promise<never> => new Promise(() => {});
const kinds = (outcomes: readonly Outcome<unknown>[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const kind = outcome.ok ? 'ok' : (outcome.failure.refusedBy ?? 'failed');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};

describe('a thousand callers at once', () => {
  it.each([1, 3, 10])(
    'with %i probes, whenOpen fail: so many are sent, and the others refused',
    async halfOpenProbes => {
      const client = new Client({ ...opensAtOnce, halfOpenProbes, successThreshold: 1_000 });
      await client.fail();
      for (let window = 0; window < 3; window += 1) {
        client.runtime.advance(1_000);
        client.sent = 0;
        const all = Array.from({ length: 1_000 }, () => client.fail());
        expect(kinds(await Promise.all(all))).toEqual({ failed: halfOpenProbes, breaker: 1_000 - halfOpenProbes });
        expect([client.sent, client.mode]).toEqual([halfOpenProbes, 'open']);
      }
    },
  );

  it.each([1, 3, 10])('with %i probes, whenOpen wait: so many are sent in each round', async halfOpenProbes => {
    const client = new Client({ ...opensAtOnce, halfOpenProbes, whenOpen: 'wait' });
    await client.fail();
    client.sent = 0;
    const answers: ((error?: Error) => void)[] = [];
    const work = () =>
      new Promise<string>((resolve, reject) => answers.push(error => (error ? reject(error) : resolve('done'))));
    const all = Array.from({ length: 1_000 }, () => client.start(work).outcome);
    await idle();
    // One timer, however many wait.
    expect([client.sent, client.runtime.waiting]).toEqual([0, 1]);
    for (let round = 1; round <= 4; round += 1) {
      client.runtime.advance(1_000);
      await idle();
      expect(client.sent).toBe(round * halfOpenProbes);
      for (const answer of answers.splice(0)) answer(new Scripted());
      await idle();
      expect([client.sent, client.mode]).toEqual([round * halfOpenProbes, 'open']);
    }
    client.runtime.advance(1_000);
    for (let round = 0; round < 5 && answers.length + client.sent < 2_000; round += 1) {
      await idle();
      for (const answer of answers.splice(0)) answer();
    }
    expect(kinds(await Promise.all(all))).toEqual({ failed: 4 * halfOpenProbes, ok: 1_000 - 4 * halfOpenProbes });
    expect([client.sent, client.mode, client.runtime.waiting]).toEqual([1_000, 'closed', 0]);
  });

  it('set hardly more timers than one', async () => {
    const client = new Client({ ...opensAtOnce, whenOpen: 'wait' });
    await client.fail();
    const before = client.runtime.timersSet;
    for (let at = 0; at < 1_000; at += 1) void client.start(() => 'answer', { deadlineMs: 50_000 + at });
    expect(client.runtime.timersSet - before).toBe(1);
  });

  it('nobody overtakes who has waited, even where the timer is late', async () => {
    const client = new Client({ ...opensAtOnce, whenOpen: 'wait' });
    await client.fail();
    const order: string[] = [];
    const early = client.start(() => void order.push('early')).outcome;
    // Time passes while the thread is busy, so that no timer fires.
    client.runtime.sleepSync(1_000);
    const late = client.start(() => void order.push('late')).outcome;
    await client.runtime.settle(Promise.all([early, late]));
    expect(order).toEqual(['early', 'late']);
  });

  it('are let through also where a timer fires too early', async () => {
    const client = new Client({ ...opensAtOnce, whenOpen: 'wait' });
    const { setTimer } = client.runtime;
    const asked: number[] = [];
    client.runtime.setTimer = (ms, fire) => {
      asked.push(ms);
      return setTimer(ms > 100 ? ms - 3 : ms, fire);
    };
    await client.fail();
    asked.length = 0;
    const startedMs = client.runtime.now();
    const { outcome } = client.start(() => client.runtime.now() - startedMs);
    expect(await client.runtime.settle(outcome)).toEqual({ ok: true, value: 1_000 });
    expect(asked.slice(0, 2)).toEqual([1_000, 3]);
  });

  it('are let through in the order of their coming', async () => {
    const client = new Client({ ...opensAtOnce, whenOpen: 'wait' });
    await client.fail();
    const order: number[] = [];
    const all = Array.from({ length: 100 }, (_, at) => client.start(() => void order.push(at)).outcome);
    await client.runtime.settle(Promise.all(all));
    expect(order).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });
});

describe('a refusal', () => {
  it('is the failure that opened the circuit, and says when to come back', async () => {
    const client = new Client();
    const first = (await client.fail({ status: 503, retryAfterMs: 9_000, delivery: 'ambiguous' })) as Failed;
    client.runtime.advance(300);
    const { exchange, outcome } = client.start(() => 'answer');
    const refused = (await outcome) as Failed;
    expect(refused.error).toBe(first.error);
    const { retryAfterMs: _stated, ...failure } = first.failure;
    expect(refused.failure).toEqual({ ...failure, delivery: 'unsent', refusedBy: 'breaker' });
    expect(exchange.retryAtMs).toBe(client.runtime.wallClock() + 700);
    expect([client.sent, exchange.call.attempts]).toEqual([1, []]);
  });

  it('is of what opened the circuit, not of what ended late or was answered since', async () => {
    const client = new Client();
    const late = Promise.withResolvers<never>();
    const before = client.start(() => late.promise);
    await client.fail({ reason: 'overloaded' });
    late.reject(new Scripted({ reason: 'internal' }));
    await before.outcome;
    expect(await client.fail()).toMatchObject({ failure: { reason: 'overloaded', refusedBy: 'breaker' } });
    client.runtime.advance(1_000);
    await client.fail({ errorClass: 'quota', reason: 'quota-per-minute', status: 429 });
    void client.start(never);
    expect(await client.fail()).toMatchObject({ failure: { reason: 'overloaded', refusedBy: 'breaker' } });
  });

  it('is not sent again, and is no attempt', async () => {
    const client = new Client();
    await client.fail();
    const strategy = { retries: 3, baseMs: 100, maxMs: 100, growth: 1, jitter: 'none' } as const;
    const again = retry({ strategyFor: () => strategy, maxAmbiguousRetries: 9 })(client.send);
    const exchange = exchangeFor(client.runtime, () => 'answer');
    expect(kinds([await again(exchange)])).toEqual({ breaker: 1 });
    expect([client.runtime.sleeps, exchange.attempt]).toEqual([[], 0]);
  });

  it('of a circuit that was opened by hand is one that the server cannot be reached by', async () => {
    const client = new Client();
    await client.start(() => 'answer').outcome;
    const { settings, state } = client.circuit;
    client.circuit.put(forceOpen(state, Number.POSITIVE_INFINITY, client.runtime.now(), settings), undefined);
    const { exchange, outcome } = client.start(() => 'answer');
    expect(await outcome).toMatchObject({
      failure: { errorClass: 'server', reason: 'unavailable', retryable: true, refusedBy: 'breaker' },
      error: { name: 'CircuitOpenError' },
    });
    expect(exchange.retryAtMs).toBeUndefined();
  });
});

describe('waiting', () => {
  const waiting = async (options: BreakerOptions = {}) => {
    const client = new Client({ ...opensAtOnce, whenOpen: 'wait', ...options });
    await client.fail();
    client.sent = 0;
    return client;
  };

  it('uses up no retry, and is told as the wait of the attempt', async () => {
    const client = await waiting();
    const strategy = { retries: 1, baseMs: 100, maxMs: 100, growth: 1, jitter: 'none' } as const;
    const again = retry({ strategyFor: () => strategy, maxAmbiguousRetries: 9 })(client.send);
    let ran = 0;
    const exchange = exchangeFor(client.runtime, () => {
      ran += 1;
      if (ran === 1) throw new Scripted();
      return 'answer';
    });
    expect(await client.runtime.settle(again(exchange))).toEqual({ ok: true, value: 'answer' });
    expect(exchange.call.attempts.map(({ waitedMs }) => waitedMs)).toEqual([1_000]);
    expect([exchange.attempt, exchange.waitedMs]).toEqual([2, 1_000]);
  });

  it('ends at once when the caller aborts, and leaves nothing behind', async () => {
    const client = await waiting();
    const controller = new AbortController();
    const { exchange, outcome } = client.start(() => 'answer', { signal: controller.signal });
    await idle();
    expect([client.runtime.waiting, getEventListeners(controller.signal, 'abort').length]).toEqual([1, 1]);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await outcome).toMatchObject({ ok: false, error: reason, failure: { reason: 'aborted-by-user' } });
    expect([client.sent, client.runtime.waiting, exchange.call.attempts]).toEqual([0, 0, []]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('of many under one signal costs that signal one listener, and its abort ends them all', async () => {
    const client = await waiting();
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 100 }, () => client.start(() => 'answer', { signal }).outcome);
    const other = client.start(() => 'answer').outcome;
    await idle();
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    controller.abort();
    expect((await Promise.all(all)).every(({ ok }) => !ok)).toBe(true);
    expect(getEventListeners(signal, 'abort').length).toBe(0);
    expect(kinds([await client.runtime.settle(other)])).toEqual({ ok: 1 });
    expect(client.sent).toBe(1);
  });

  it('ends by a signal under which others have waited and left, and under which nobody waited for a while', async () => {
    const client = await waiting();
    const controller = new AbortController();
    const { signal } = controller;
    const first = client.start(() => Promise.reject(new Scripted()), { signal });
    const second = client.start(() => 'answer', { signal, deadlineMs: 1_500 });
    const third = client.start(() => 'answer', { signal });
    await client.runtime.settle(Promise.all([first.outcome, second.outcome]));
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    controller.abort('enough');
    await idle();
    expect(await Promise.race([third.outcome, 'still waits'])).toMatchObject({ error: 'enough' });

    const again = new AbortController();
    const served = client.start(() => Promise.reject(new Scripted()), { signal: again.signal });
    await client.runtime.settle(served.outcome);
    const later = client.start(() => 'answer', { signal: again.signal });
    again.abort('enough too');
    await idle();
    expect(await Promise.race([later.outcome, 'still waits'])).toMatchObject({ error: 'enough too' });
  });

  it('does not begin for a caller who has aborted', async () => {
    const client = await waiting();
    const { outcome } = client.start(() => 'answer', { signal: AbortSignal.abort('gone') });
    expect(await outcome).toMatchObject({ error: 'gone', failure: { reason: 'aborted-by-user' } });
    expect(client.runtime.waiting).toBe(0);
  });

  const deadlines: [number, string, number][] = [
    // deadline, how it ends, and after how long
    [999, 'deadline', 0],
    [1_000, 'deadline', 0],
    [1_001, 'ok', 1_000],
  ];
  it.each(deadlines)('with a deadline in %i ms: %s after %i ms', async (deadlineMs, kind, afterMs) => {
    const client = await waiting();
    const startedMs = client.runtime.now();
    const { exchange, outcome } = client.start(() => 'answer', { deadlineMs });
    const probesAtMs = client.runtime.wallClock() + 1_000;
    expect(kinds([await client.runtime.settle(outcome)])).toEqual({ [kind]: 1 });
    expect(client.runtime.now() - startedMs).toBe(afterMs);
    if (kind === 'deadline') expect(exchange.retryAtMs).toBe(probesAtMs);
  });

  it('ends as soon as a failed probe puts the next one after the deadline', async () => {
    const client = await waiting({ probeIntervalMs: 500, recoveryTimeoutMs: 4_000 });
    const startedMs = client.runtime.now();
    const probe = client.start(() => Promise.reject(new Scripted()));
    const early = client.start(() => 'answer', { deadlineMs: 1_200 });
    const late = client.start(() => 'answer', { deadlineMs: 60_000 });
    await client.runtime.settle(Promise.all([probe.outcome, early.outcome]));
    expect(kinds([await early.outcome])).toEqual({ deadline: 1 });
    expect(client.runtime.now() - startedMs).toBe(500);
    expect(kinds([await client.runtime.settle(late.outcome)])).toEqual({ ok: 1 });
  });

  it('ends at the deadline where a probe does not', async () => {
    const client = await waiting();
    const startedMs = client.runtime.now();
    const ends: number[] = [];
    void client.start(never);
    for (const deadlineMs of [9_000, 5_000, 5_010, 7_000]) {
      void client.start(() => 'answer', { deadlineMs }).outcome.then(() => ends.push(client.runtime.now() - startedMs));
    }
    client.runtime.advance(1_000);
    for (let at = 0; at < 900; at += 1) {
      client.runtime.advance(10);
      await macrotask();
    }
    // One timer for each look, besides those of the attempts and of the probes.
    expect(client.runtime.timersSet).toBeLessThan(12);
    // Those that are near each other are looked at together.
    expect(ends).toEqual([5_000, 5_050, 7_000, 9_000]);
    expect(client.sent).toBe(1);
  });

  it('a probe that hangs gives its place back by its lease', async () => {
    const client = await waiting({ probeLeaseMs: 3_000 });
    const startedMs = client.runtime.now();
    void client.start(never);
    const sentAfterMs: number[] = [];
    const two = [0, 1].map(() => client.start(() => void sentAfterMs.push(client.runtime.now() - startedMs)).outcome);
    await client.runtime.settle(Promise.all(two));
    expect([sentAfterMs, client.mode]).toEqual([[4_000, 4_000], 'closed']);
  });

  it('a whole circuit of calls without deadline or signal is one timer, and none once they are through', async () => {
    const client = await waiting();
    const all = Array.from({ length: 50 }, () => client.start(() => 'answer').outcome);
    expect(client.runtime.waiting).toBe(1);
    await client.runtime.settle(Promise.all(all));
    expect(client.runtime.waiting).toBe(0);
  });

  it('which exchange waits can be said for each', async () => {
    const runtime = new VirtualRuntime();
    const settings = resolveBreaker({ ...opensAtOnce, whenOpen: 'wait' });
    const send = through(
      breakerPolicy({ settings, whenOpen: ({ call }) => (call.operation === 'a' ? 'fail' : 'wait') }),
    );
    await send(exchangeFor(runtime, () => Promise.reject(new Scripted())));
    const [a, b] = ['a', 'b'].map(operation => send(exchangeFor(runtime, () => 'answer', { operation })));
    expect(kinds([await (a as Promise<Outcome<unknown>>)])).toEqual({ breaker: 1 });
    expect(kinds([await runtime.settle(b as Promise<Outcome<unknown>>)])).toEqual({ ok: 1 });
  });
});

describe('a stream', () => {
  /** An attempt whose answer still comes when it has succeeded. */
  const streaming =
    (ending: Promise<Failure | undefined>): Operation<string> =>
    (_context, exchange) => {
      (exchange as Exchange).ending = ending;
      return 'first words';
    };

  it.each([
    ['that ends well is a success', undefined, 'closed'],
    ['that breaks is a failure', failureOf({ errorClass: 'network', reason: 'truncated-stream' }), 'open'],
    ['that the caller breaks off says nothing', failureOf({ errorClass: 'request' }), 'half-open'],
  ] as const)('%s, and holds its place until then', async (_name, failure, mode) => {
    const client = new Client({ ...opensAtOnce, successThreshold: 1 });
    await client.fail();
    client.runtime.advance(1_000);
    const { promise, resolve } = Promise.withResolvers<Failure | undefined>();
    expect(kinds([await client.start(streaming(promise)).outcome])).toEqual({ ok: 1 });
    expect(kinds([await client.start(() => 'answer').outcome])).toEqual({ breaker: 1 });
    resolve(failure);
    await idle();
    expect(client.mode).toBe(mode);
  });

  it('that breaks counts once, and its refusals have an error of ours', async () => {
    const client = new Client({ failureThreshold: 2 });
    for (let at = 0; at < 2; at += 1) {
      expect(client.mode).not.toBe('open');
      await client.start(streaming(Promise.resolve(failureOf({ errorClass: 'network' })))).outcome;
      await idle();
    }
    expect(client.mode).toBe('open');
    expect(await client.start(() => 'answer').outcome).toMatchObject({ error: { name: 'CircuitOpenError' } });
  });
});

describe('what counts', () => {
  const rows: [string, Partial<Failure>, 'closed' | 'open'][] = [
    ['a server’s failure', { errorClass: 'server' }, 'open'],
    ['a network’s failure', { errorClass: 'network' }, 'open'],
    ['a quota’s does not', { errorClass: 'quota', status: 429 }, 'closed'],
    ['a request’s does not', { errorClass: 'request', status: 400 }, 'closed'],
    ['what another policy refused does not', { errorClass: 'server', refusedBy: 'gate' }, 'closed'],
  ];
  it.each(rows)('%s', async (_name, parts, mode) => {
    const client = new Client();
    await client.fail(parts);
    expect(client.mode).toBe(mode);
  });

  const probes: [string, Partial<Failure>, Partial<Failure>, 'closed' | 'half-open'][] = [
    ['a 429 closes nothing that failures of the server opened', {}, { errorClass: 'quota', status: 429 }, 'half-open'],
    ['nor does a 400', {}, { errorClass: 'request', status: 400 }, 'half-open'],
    [
      'a 429 shows that it can be reached again',
      { errorClass: 'network' },
      { errorClass: 'quota', status: 429 },
      'closed',
    ],
    ['what was not sent shows nothing', { errorClass: 'network' }, { errorClass: 'request' }, 'half-open'],
  ];
  it.each(probes)('of a probe: %s, and its place is free', async (_name, opening, probing, mode) => {
    const client = new Client({ ...opensAtOnce, successThreshold: 1 });
    await client.fail(opening);
    client.runtime.advance(1_000);
    await client.fail(probing);
    expect(client.mode).toBe(mode);
    expect(kinds([await client.start(() => 'answer').outcome])).toEqual({ ok: 1 });
    expect(client.mode).toBe('closed');
  });

  it('attempts that began before the outage do not decide about it', async () => {
    const client = new Client({ ...opensAtOnce, successThreshold: 1 });
    const ends: ((error?: Error) => void)[] = [];
    const slow = () => new Promise<void>((resolve, reject) => ends.push(error => (error ? reject(error) : resolve())));
    const before = [client.start(slow), client.start(slow)];
    await client.fail();
    client.runtime.advance(1_000);
    const probe = client.start(slow);
    await idle();
    ends[0]?.();
    ends[1]?.(new Scripted());
    await Promise.all(before.map(({ outcome }) => outcome));
    expect(client.mode).toBe('half-open');
    ends[2]?.();
    await probe.outcome;
    expect(client.mode).toBe('closed');
  });

  it('each service by itself, and what is for nobody in particular not at all', async () => {
    const client = new Client();
    const failing = () => Promise.reject(new Scripted());
    await client.start(failing, { service: 'host/a' }).outcome;
    await client.start(failing, { service: '' }).outcome;
    const services = ['host/a', 'host/b', ''];
    const outcomes = services.map(service => client.start(() => 'answer', { service }).outcome);
    expect((await Promise.all(outcomes)).map(({ ok }) => ok)).toEqual([false, true, true]);
    expect([...client.circuits.all.keys()]).toEqual(['host/a', 'host/b']);
    expect(client.changes).toEqual(['host/a: closed → open, failures-in-a-row']);
  });

  it('in a window, successes as well', async () => {
    const client = new Client({ failureThreshold: Number.POSITIVE_INFINITY, window: { minimumVolume: 10 } });
    for (let at = 0; at < 20; at += 1) await client.start(() => 'answer').outcome;
    for (let at = 0; at < 19; at += 1) await client.fail();
    expect(client.mode).toBe('closed');
    await client.fail();
    expect([client.mode, client.changes]).toEqual(['open', ['host/model: closed → open, failure-ratio']]);
  });

  it('a success that is too slow, up to the first content of a stream', async () => {
    const client = new Client({
      failureThreshold: Number.POSITIVE_INFINITY,
      window: { minimumVolume: 1, slowCallMs: 500 },
    });
    await client.runtime.settle(client.start(() => client.runtime.sleep(499)).outcome);
    expect(client.mode).toBe('closed');
    await client.runtime.settle(client.start(() => client.runtime.sleep(500)).outcome);
    expect(client.mode).toBe('open');
    const refused = await client.start(() => 'answer').outcome;
    expect(refused).toMatchObject({
      failure: { reason: 'timeout', refusedBy: 'breaker' },
      error: { name: 'TimeoutError' },
    });
  });
});

describe('where nobody says when an attempt was sent', () => {
  it('no success is slow', async () => {
    const runtime = new VirtualRuntime();
    const settings = resolveBreaker({ window: { minimumVolume: 1, slowCallMs: 1 } });
    const circuits = new ServiceCircuits({ settings });
    const innermost: Send = async <T>() => ({ ok: true, value: 1 as T });
    await breakerPolicy({ circuits })(innermost)(exchangeFor(runtime, () => 1));
    expect(circuits.all.get('host/model')?.mode).toBe('closed');
  });
});

describe('one policy in several pipelines', () => {
  it('is one breaker', async () => {
    const runtime = new VirtualRuntime();
    const policy = breakerPolicy({ settings: resolveBreaker(opensAtOnce) });
    const [one, other] = [through(policy), through(policy)];
    await one(exchangeFor(runtime, () => Promise.reject(new Scripted())));
    expect(kinds([await other(exchangeFor(runtime, () => 'answer'))])).toEqual({ breaker: 1 });
  });
});

describe('services that come and go', () => {
  it('are forgotten past a thousand, those first that nothing is held against', async () => {
    const client = new Client({ failureThreshold: 2 });
    const failing = () => Promise.reject(new Scripted());
    for (const service of ['down', 'down', 'ailing']) await client.start(failing, { service }).outcome;
    for (let at = 0; at < 1_500; at += 1) await client.start(() => 'answer', { service: `service ${at}` }).outcome;
    const known = client.circuits.all;
    expect([known.size, known.get('down')?.mode, known.has('ailing')]).toEqual([1_000, 'open', true]);
    expect([known.has('service 501'), known.has('service 502')]).toEqual([false, true]);
  });

  it('also where all of them are down', async () => {
    const client = new Client();
    for (let at = 0; at < 1_500; at += 1) {
      await client.start(() => Promise.reject(new Scripted()), { service: `service ${at}` }).outcome;
    }
    expect(client.circuits.all.size).toBe(1_000);
  });
});

describe('with the client’s defaults', () => {
  /** A service that is down from 1 s to `endMs`, asked 20 times a second; says when the circuit opened and closed. */
  async function outage(endMs: number, latencyMs: number) {
    const runtime = new VirtualRuntime();
    const originMs = runtime.now();
    const changes: { to: string; atMs: number }[] = [];
    const settings = clientBreakerDefaults;
    const onChange = ({ to }: ServiceChange) => void changes.push({ to, atMs: runtime.now() - originMs });
    const send = through(breakerPolicy({ settings, onChange }));
    const ask: Operation<string> = async () => {
      const isDown = runtime.now() - originMs >= 1_000 && runtime.now() - originMs < endMs;
      await runtime.sleep(latencyMs);
      if (isDown) throw new Scripted({ status: 503 });
      return 'answer';
    };
    const all: Promise<Outcome<string>>[] = [];
    const options: Partial<CallOptions> = { deadlineMs: 600_000 };
    for (let atMs = 0; atMs < endMs + 10_000; atMs += 50) {
      all.push(send(exchangeFor(runtime, ask, options)));
      await macrotask();
      runtime.advance(50);
    }
    await runtime.settle(Promise.all(all));
    const closed = changes.filter(({ to }) => to === 'closed').at(-1);
    return { opened: changes.find(({ to }) => to === 'open'), closed, outcomes: await Promise.all(all) };
  }

  const ends = [4_000, 6_900, 9_500, 11_050, 20_000, 33_333];
  it.each(ends)('the end of an outage after %i ms is noticed within 5 s, and few are lost to it', async endMs => {
    const { opened, closed, outcomes } = await outage(endMs, 200);
    expect(opened?.atMs).toBeLessThan(3_500);
    expect((closed?.atMs ?? Number.POSITIVE_INFINITY) - endMs).toBeLessThanOrEqual(5_000);
    // Those until half of the window had failed, and a probe every 2 to 4 s.
    expect(kinds(outcomes)['failed']).toBeLessThanOrEqual(40 + Math.ceil(endMs / 2_000));
    expect(outcomes.filter(({ ok }) => ok).length).toBe(outcomes.length - (kinds(outcomes)['failed'] ?? 0));
  });
});
