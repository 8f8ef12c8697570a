import { describe, expect, it } from 'vitest';
import { type BreakerOptions, resolveBreaker } from '../../resilience/breaker/breakerOptions.ts';
import { breakerPolicy } from '../../resilience/breaker/breakerPolicy.ts';
import type { Failed, Failure, Outcome } from '../../resilience/failure.ts';
import { type Divertible, type FallbackOptions, type FallbackStep, fallback } from '../../resilience/fallback.ts';
import { nextTarget } from '../../resilience/fallbackTarget.ts';
import {
  type Call,
  type CallOptions,
  type Exchange,
  type Policy,
  startCall,
  startExchange,
} from '../../resilience/policy.ts';
import { retry } from '../../resilience/retry.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { classifyScripted, failureOf, Scripted, through } from './scripted.ts';

describe('which target comes next', () => {
  const targets = [{ when: ['quota-per-day'] }, { when: ['server', 'quota-per-day'] }, { when: [] }];
  const rows: [string, Partial<Failure>, number[], number | undefined][] = [
    // what failed, and how; tried; next
    ['the first that its reason leads to', { errorClass: 'quota', reason: 'quota-per-day' }, [], 0],
    ['the next where that has been tried', { errorClass: 'quota', reason: 'quota-per-day' }, [0], 1],
    ['the first that its class leads to', { errorClass: 'server', reason: 'internal' }, [], 1],
    ['none where all have been tried', { errorClass: 'server', reason: 'internal' }, [1], undefined],
    ['none where nothing leads anywhere', { errorClass: 'request', reason: 'invalid-argument' }, [], undefined],
    ['any for what a breaker refused', { errorClass: 'network', reason: 'dns', refusedBy: 'breaker' }, [], 0],
    ['also one that nothing else leads to', { reason: 'x', refusedBy: 'breaker' }, [0, 1], 2],
    [
      'as by its reason for what a gate refused',
      { errorClass: 'quota', reason: 'quota-per-day', refusedBy: 'gate' },
      [],
      0,
    ],
    [
      'as by its class for what no longer fits',
      { errorClass: 'server', reason: 'internal', refusedBy: 'deadline' },
      [],
      1,
    ],
    ['none for what would cost too much', { errorClass: 'server', reason: 'x', refusedBy: 'cost-cap' }, [], undefined],
  ];
  it.each(rows)('%s', (_name, parts, tried, next) => {
    expect(nextTarget(failureOf(parts), targets, new Set(tried))).toBe(next);
  });
});

/** What each target does with what is sent to it. */
type Script = Readonly<Record<string, () => unknown>>;

const fails =
  (reason: string, parts: Partial<Failure> = {}) =>
  () => {
    throw new Scripted({ reason, ...parts });
  };

/** A client whose calls are addressed to `a` and may go to others. */
class Client {
  readonly runtime = new VirtualRuntime();
  readonly steps: string[] = [];
  /** Where attempts were sent, in order. */
  readonly sent: string[] = [];
  /** Where the history of a re-targeted exchange was said to be from. */
  readonly writers: (string | undefined)[] = [];
  readonly #script: Script;
  readonly #policy: Policy;
  readonly #inner: readonly Policy[];

  constructor(script: Script, options: Partial<FallbackOptions<string>> = {}, ...inner: readonly Policy[]) {
    this.#script = script;
    this.#inner = inner;
    this.#policy = fallback<string>({
      targets: ['b', 'c'].map(name => ({ name, to: name, when: ['overloaded', 'quota-per-day'] })),
      retargeted: (exchange, to, from) => {
        this.writers.push(from);
        return this.exchange(exchange.call, to);
      },
      onStep: ({ type, exchange, from, to, because }: FallbackStep) =>
        void this.steps.push(`${type} ${exchange}: ${from} → ${to}, ${because}`),
      ...options,
    });
  }

  call(options: Partial<CallOptions> = {}): Call {
    return startCall({ operation: 'test', model: 'a', runtime: this.runtime, ...options });
  }

  exchange<T>(call: Call, to = 'a', repeatable = true): Exchange<T> {
    const work = (): T => {
      this.sent.push(to);
      return this.#script[to]?.() as T;
    };
    const limits = { classify: classifyScripted, attemptTimeoutMs: 300_000 };
    return startExchange(call, repeatable, work, limits, { service: to, scope: '' });
  }

  send<T>(exchange: Exchange<T>): Promise<Outcome<T>> {
    return this.runtime.settle(through(this.#policy, ...this.#inner)(exchange));
  }

  /** Sends the first exchange of a new call. */
  first(options: Partial<CallOptions> = {}): Promise<Outcome<unknown>> {
    return this.send(this.exchange(this.call(options)));
  }
}

const answers = () => 'answer';
const reasonOf = (outcome: Outcome<unknown>): string => (outcome.ok ? String(outcome.value) : outcome.failure.reason);

describe('a call whose target fails', () => {
  const rows: [string, Script, string[], string][] = [
    // what, script, where it was sent, how it ended
    ['stays where it is answered', { a: answers }, ['a'], 'answer'],
    ['goes to the next target', { a: fails('overloaded'), b: answers }, ['a', 'b'], 'answer'],
    [
      'and to the one after that',
      { a: fails('overloaded'), b: fails('overloaded'), c: answers },
      ['a', 'b', 'c'],
      'answer',
    ],
    ['but not for every failure', { a: fails('invalid-argument') }, ['a'], 'invalid-argument'],
    ['nor from the second', { a: fails('overloaded'), b: fails('blocked-content') }, ['a', 'b'], 'overloaded'],
    [
      'ends in what its own target failed with',
      { a: fails('quota-per-day'), b: fails('overloaded'), c: fails('overloaded') },
      ['a', 'b', 'c'],
      'quota-per-day',
    ],
  ];
  it.each(rows)('%s', async (_name, script, sent, end) => {
    const client = new Client(script);
    expect(reasonOf(await client.first())).toBe(end);
    expect(client.sent).toEqual(sent);
  });

  it('tells each step', async () => {
    const client = new Client({ a: fails('overloaded'), b: fails('quota-per-day'), c: answers });
    await client.first();
    expect(client.steps).toEqual(['fallback 1: a → b, overloaded', 'fallback 2: b → c, quota-per-day']);
  });

  it('keeps one history and one deadline, and gives each target its own retries', async () => {
    const strategy = { retries: 2, baseMs: 100, maxMs: 100, growth: 1, jitter: 'none' } as const;
    const again = retry({ strategyFor: () => strategy, maxAmbiguousRetries: 9 });
    const client = new Client({ a: fails('overloaded'), b: fails('overloaded'), c: answers }, {}, again);
    const call = client.call({ deadlineMs: 10_000, keepsSuccess: true });
    expect(reasonOf(await client.send(client.exchange(call)))).toBe('answer');
    expect(client.sent.join('')).toBe('aaabbbc');
    expect(call.attempts.map(({ exchange, attempt }) => `${exchange}.${attempt}`)).toEqual(
      '1.1 1.2 1.3 2.1 2.2 2.3 3.1'.split(' '),
    );
  });

  it('does not go on when the deadline has passed, the caller has aborted, or it may not be repeated', async () => {
    const late = new Client(
      { a: () => new Promise(() => {}) },
      { targets: [{ name: 'b', to: 'b', when: ['network'] }] },
    );
    expect(reasonOf(await late.first({ deadlineMs: 100 }))).toBe('timeout');
    const controller = new AbortController();
    const aborting = new Client({
      a: () => {
        controller.abort();
        throw new Scripted({ reason: 'overloaded' });
      },
    });
    await aborting.first({ signal: controller.signal });
    const once = new Client({ a: fails('overloaded', { delivery: 'ambiguous' }), b: answers });
    expect(reasonOf(await once.send(once.exchange(once.call(), 'a', false)))).toBe('overloaded');
    expect([late.sent, aborting.sent, once.sent]).toEqual([['a'], ['a'], ['a']]);
    expect([late.steps, aborting.steps, once.steps]).toEqual([[], [], []]);
    const twice = new Client({ a: fails('overloaded', { delivery: 'ambiguous' }), b: answers });
    expect(reasonOf(await twice.first())).toBe('answer');
  });

  it('an abort at the second target ends the call as an abort', async () => {
    const controller = new AbortController();
    const client = new Client({
      a: fails('overloaded'),
      b: () => {
        controller.abort('enough');
        return new Promise(() => {});
      },
    });
    const outcome = await client.first({ signal: controller.signal });
    expect(outcome).toMatchObject({ error: 'enough', failure: { reason: 'aborted-by-user' } });
  });

  it('a listener that throws changes nothing', async () => {
    const onStep = () => {
      throw new Error('listener');
    };
    expect(reasonOf(await new Client({ a: fails('overloaded'), b: answers }, { onStep }).first())).toBe('answer');
  });

  it('hands on how the answer’s stream ends', async () => {
    const client = new Client({ a: fails('overloaded'), b: answers });
    const ending = Promise.resolve(undefined);
    const exchange = client.exchange(client.call());
    const streams: Policy = next => async own => {
      const outcome = await next(own);
      if (outcome.ok) own.ending = ending;
      return outcome;
    };
    const policy = fallback<string>({
      targets: [{ name: 'b', to: 'b', when: ['overloaded'] }],
      retargeted: <T>({ call }: Exchange<T>, to: string) => client.exchange<T>(call, to),
    });
    await client.runtime.settle(through(policy, streams)(exchange));
    expect(exchange.ending).toBe(ending);
  });

  it('without targets nothing is added', () => {
    const next = through();
    expect(fallback({ targets: [], retargeted: () => ({ refused: 'x', message: '' }) })(next)).toBe(next);
  });
});

describe('an exchange that a target cannot take', () => {
  it('goes to the next that can, and the refusal is told', async () => {
    const client: Client = new Client(
      { a: fails('overloaded'), c: answers },
      {
        retargeted: ({ call }, to) =>
          to === 'b' ? { refused: 'bound-to-cache', message: '…' } : client.exchange(call, to),
      },
    );
    expect(reasonOf(await client.first())).toBe('answer');
    expect(client.steps).toEqual(['fallback-refused 1: a → b, bound-to-cache', 'fallback 1: a → c, overloaded']);
  });

  it('ends in its own failure where none can', async () => {
    const retargeted = () => ({ refused: 'bound-to-cache', message: '…' });
    const client = new Client({ a: fails('overloaded') }, { retargeted });
    expect(reasonOf(await client.first())).toBe('overloaded');
    expect([client.sent, client.steps.length]).toEqual([['a'], 2]);
  });
});

describe('later exchanges of the call', () => {
  it('go where the last one was answered, and no longer to what failed', async () => {
    const client = new Client({ a: fails('overloaded'), b: answers });
    const call = client.call();
    for (let at = 0; at < 3; at += 1) expect(reasonOf(await client.send(client.exchange(call)))).toBe('answer');
    expect(client.sent).toEqual(['a', 'b', 'b', 'b']);
    // Who wrote the history: nobody else yet, then b itself.
    expect(client.writers).toEqual([undefined, 'b', 'b']);
    expect(client.steps).toEqual(['fallback 1: a → b, overloaded']);
  });

  it('and on from there', async () => {
    let down = false;
    const client = new Client({
      a: fails('overloaded'),
      b: () => (down ? fails('overloaded')() : 'answer'),
      c: answers,
    });
    const call = client.call();
    await client.send(client.exchange(call));
    down = true;
    expect(reasonOf(await client.send(client.exchange(call)))).toBe('answer');
    expect(client.sent).toEqual(['a', 'b', 'b', 'c']);
    expect(client.writers).toEqual([undefined, 'b', 'b']);
  });

  it('but never back', async () => {
    let down = '';
    const on = (name: string) => () => (down.includes(name) ? fails('overloaded')() : 'answer');
    const client = new Client({ a: on('a'), b: on('b'), c: on('c') });
    const call = client.call();
    for (down of ['ab', 'c']) await client.send(client.exchange(call));
    expect(client.sent.join('')).toBe('abcc');
  });

  it('of other calls begin where they are addressed to', async () => {
    const client = new Client({ a: fails('overloaded'), b: answers });
    await client.first();
    await client.first();
    expect(client.sent).toEqual(['a', 'b', 'a', 'b']);
  });

  it('are sent as they are addressed where they cannot follow', async () => {
    let isBound = false;
    let isDown = true;
    const client: Client = new Client(
      { a: () => (isDown ? fails('overloaded')() : 'from a'), b: () => 'from b' },
      {
        retargeted: ({ call }, to) =>
          isBound ? { refused: 'bound-to-files', message: '…' } : client.exchange(call, to),
      },
    );
    const call = client.call();
    expect(reasonOf(await client.send(client.exchange(call)))).toBe('from b');
    [isBound, isDown] = [true, false];
    expect(reasonOf(await client.send(client.exchange(call)))).toBe('from a');
  });
});

describe('what a call that failed everywhere ends in', () => {
  it('comes back as soon as one of its targets does', async () => {
    const comesBack: Record<string, number> = { a: 900, b: 300, c: 600 };
    const back: Policy = next => async exchange => {
      const outcome = await next(exchange);
      const inMs = comesBack[exchange.target.service];
      if (inMs !== undefined) exchange.retryAtMs = inMs;
      return outcome;
    };
    const client = new Client({ a: fails('overloaded'), b: fails('overloaded'), c: fails('overloaded') }, {}, back);
    const exchange = client.exchange(client.call());
    await client.send(exchange);
    expect(exchange.retryAtMs).toBe(300);
  });

  it('is the first failure that somebody really answered with, where the first was a refusal', async () => {
    const refuses: Policy = next => exchange =>
      exchange.target.service === 'a'
        ? Promise.resolve<Failed>({
            ok: false,
            failure: failureOf({ reason: 'dns', refusedBy: 'breaker' }),
            error: 'old',
          })
        : next(exchange);
    const client = new Client({ b: fails('overloaded'), c: fails('quota-per-day') }, {}, refuses);
    expect(reasonOf(await client.first())).toBe('overloaded');
    expect(client.sent).toEqual(['b', 'c']);
  });

  it('does not say when to come back where nobody knows', async () => {
    const client = new Client({ a: fails('overloaded'), b: fails('overloaded'), c: fails('overloaded') });
    const exchange = client.exchange(client.call());
    await client.send(exchange);
    expect(exchange.retryAtMs).toBeUndefined();
  });

  it('is the refusal where nobody was asked', async () => {
    const failure = failureOf({ reason: 'dns', refusedBy: 'breaker' });
    const refuses: Policy = () => () => Promise.resolve<Failed>({ ok: false, failure, error: 'old' });
    expect(reasonOf(await new Client({}, {}, refuses).first())).toBe('dns');
  });
});

describe('with a circuit breaker inside', () => {
  const withBreaker = (script: Script, options: Partial<FallbackOptions<string>> = {}) => {
    const breaker: BreakerOptions = { failureThreshold: 1, recoveryTimeoutMs: 1_000, whenOpen: 'wait' };
    const settings = resolveBreaker(breaker);
    const whenOpen = ({ hasAlternative, target }: Divertible) => {
      held.push(`${target.service}${hasAlternative ? '' : ' waits'}`);
      return hasAlternative ? 'fail' : settings.whenOpen;
    };
    const held: string[] = [];
    return Object.assign(new Client(script, options, breakerPolicy({ settings, whenOpen })), { held });
  };

  it('an open circuit leads to the next target at once, and the last one is waited for', async () => {
    let isDown = true;
    const client = withBreaker({
      a: fails('overloaded'),
      b: fails('overloaded'),
      c: () => (isDown ? fails('overloaded')() : 'answer'),
    });
    expect(reasonOf(await client.first())).toBe('overloaded');
    const startedMs = client.runtime.now();
    isDown = false;
    expect(reasonOf(await client.first())).toBe('answer');
    expect([client.sent.join(''), client.runtime.now() - startedMs]).toEqual(['abcc', 1_000]);
    expect(client.held).toEqual(['a', 'b', 'c waits']);
  });

  it('a call that can go nowhere else waits instead of failing', async () => {
    let isDown = true;
    const client = withBreaker(
      { a: () => (isDown ? fails('internal')() : 'answer') },
      { retargeted: () => ({ refused: 'bound-to-cache', message: '…' }) },
    );
    await client.first();
    isDown = false;
    const startedMs = client.runtime.now();
    expect(reasonOf(await client.first())).toBe('answer');
    expect(client.runtime.now() - startedMs).toBe(1_000);
  });
});
