import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BreakerSettings, breakerDefaults, resolveBreaker } from '../../resilience/breaker/breakerOptions.ts';
import {
  type BreakerState,
  type CircuitVerdict,
  comesBackAt,
  modeAt,
  startState,
  verdictOf,
} from '../../resilience/breaker/breakerState.ts';
import { admit, forceOpen, reset, settle } from '../../resilience/breaker/breakerSteps.ts';
import { checkSnapshot, snapshotOf, stateOf } from '../../resilience/breaker/circuitSnapshot.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { failureOf } from './scripted.ts';

const settings = resolveBreaker({
  failureThreshold: 3,
  successThreshold: 2,
  halfOpenProbes: 2,
  probeIntervalMs: 1_000,
  recoveryTimeoutMs: 4_000,
  probeLeaseMs: 500,
});

const nowMs = 10_000;

const outage = { because: 'failures-in-a-row', openedAtMs: 7_000, intervalMs: 1_000, doubt: 'server' } as const;
const round = { mode: 'half-open', ...outage, because: 'probe-due', firstPermit: 5, lastPermit: 6 } as const;

/** Permit 6 is the newest in each; 4 was given before an outage began. */
const states = {
  closed: { ...startState, lastPermit: 6 },
  'closed, one failure short': { ...startState, lastPermit: 6, failures: 2 },
  open: { mode: 'open', ...outage, lastPermit: 6, untilMs: 10_400 },
  'open, probes due': { mode: 'open', ...outage, lastPermit: 6, untilMs: 10_000 },
  'open for good': { mode: 'open', ...outage, because: 'forced', lastPermit: 6, untilMs: Number.POSITIVE_INFINITY },
  'half-open, a place free': { ...round, successes: 0, probes: [{ permit: 6, leaseEndsMs: 10_300 }] },
  'half-open, full': {
    ...{ ...round, successes: 0 },
    probes: [5, 6].map(permit => ({ permit, leaseEndsMs: 10_300 })),
  },
  'half-open, a lease over': {
    ...{ ...round, successes: 0 },
    probes: [5, 6].map(permit => ({ permit, leaseEndsMs: permit === 5 ? 9_900 : 10_300 })),
  },
  'half-open, one success short': { ...round, successes: 1, probes: [{ permit: 6, leaseEndsMs: 10_300 }] },
  'half-open, in doubt of the way': {
    ...{ ...round, successes: 1, doubt: 'network' as const },
    probes: [{ permit: 6, leaseEndsMs: 10_300 }],
  },
} satisfies Record<string, BreakerState>;

const result =
  (verdict: CircuitVerdict, permit = 6) =>
  (state: BreakerState) =>
    settle(state, { permit, verdict }, nowMs, settings);

const events = {
  ask: (state: BreakerState) => admit(state, nowMs, settings).state,
  success: result('success'),
  'server failure': result('server-failure'),
  'network failure': result('network-failure'),
  answer: result('answer'),
  none: result('none'),
  'late success': result('success', 4),
  'late failure': result('server-failure', 4),
  'forced open': (state: BreakerState) => forceOpen(state, Number.POSITIVE_INFINITY, nowMs, settings),
  reset: (state: BreakerState) => reset(state),
};

type EventName = keyof typeof events;
type StateName = keyof typeof states;

/** A state in a few words. */
function inWords(state: BreakerState): string {
  if (state.mode === 'closed') return `closed ${state.failures}`;
  if (state.mode === 'open') return `open until ${state.untilMs}, then ${state.intervalMs}`;
  return `half-open ${state.successes}+${state.probes.map(({ permit }) => permit).join(',')}`;
}

const same = 'same';
const forced = 'open until Infinity, then 1000';

describe('every event in every state', () => {
  const names: EventName[] = ['ask', 'success', 'server failure', 'network failure', 'answer', 'none'];
  const rows: [StateName, ...string[]][] = [
    // state, then what ask, success, server failure, network failure, answer and none make of it
    ['closed', same, 'closed 0', 'closed 1', 'closed 1', same, same],
    [
      'closed, one failure short',
      ...[same, 'closed 0', 'open until 11000, then 1000', 'open until 11000, then 1000', same, same],
    ],
    ['open', same, same, same, same, same, same],
    ['open, probes due', 'half-open 0+7', same, same, same, same, same],
    ['open for good', same, same, same, same, same, same],
    [
      'half-open, a place free',
      ...['half-open 0+6,7', 'half-open 1+', 'open until 12000, then 2000', 'open until 12000, then 2000'],
      ...['half-open 0+', 'half-open 0+'],
    ],
    [
      'half-open, full',
      ...[same, 'half-open 1+5', 'open until 12000, then 2000', 'open until 12000, then 2000'],
      ...['half-open 0+5', 'half-open 0+5'],
    ],
    [
      'half-open, a lease over',
      ...['half-open 0+6,7', 'half-open 1+5', 'open until 12000, then 2000', 'open until 12000, then 2000'],
      ...['half-open 0+5', 'half-open 0+5'],
    ],
    [
      'half-open, one success short',
      ...['half-open 1+6,7', 'closed 0', 'open until 12000, then 2000', 'open until 12000, then 2000'],
      ...['half-open 1+', 'half-open 1+'],
    ],
    [
      'half-open, in doubt of the way',
      ...['half-open 1+6,7', 'closed 0', 'open until 12000, then 2000', 'open until 12000, then 2000'],
      ...['closed 0', 'half-open 1+'],
    ],
  ];
  const cells = rows.flatMap(([state, ...after]) =>
    after.map((expected, index) => [state, names[index], expected] as const),
  );
  it.each(cells)('%s: %s → %s', (name, event, expected) => {
    const before = states[name];
    const after = events[event as EventName](before);
    expect(after === before ? same : inWords(after)).toBe(expected);
  });

  it('the table has every state', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(states));
  });

  it.each(Object.keys(states) as StateName[])('%s: what began before says nothing', name => {
    expect(events['late success'](states[name])).toBe(states[name]);
    expect(events['late failure'](states[name])).toBe(states[name]);
  });

  it.each(Object.keys(states) as StateName[])('%s: can be opened and closed by hand', name => {
    expect(inWords(events['forced open'](states[name]))).toBe(forced);
    const closed = events.reset(states[name]);
    expect([inWords(closed), closed.because, closed.lastPermit]).toEqual(['closed 0', 'reset', 7]);
  });
});

describe('when it makes sense to ask again', () => {
  const rows: [StateName, number, string][] = [
    ['closed', 10_000, 'closed'],
    ['open', 10_400, 'open'],
    ['open, probes due', 10_000, 'half-open'],
    ['open for good', Number.POSITIVE_INFINITY, 'open'],
    ['half-open, a place free', 10_000, 'half-open'],
    ['half-open, full', 10_300, 'half-open'],
    ['half-open, a lease over', 10_000, 'half-open'],
  ];
  it.each(rows)('%s: at %i, and a request finds it %s', (name, atMs, mode) => {
    expect(comesBackAt(states[name], nowMs, settings.halfOpenProbes)).toBe(atMs);
    expect(modeAt(states[name], nowMs)).toBe(mode);
  });

  it('one interval from now while probes with a long lease are under way', () => {
    const probes = [5, 6].map(permit => ({ permit, leaseEndsMs: 90_000 }));
    expect(comesBackAt({ ...states['half-open, full'], probes }, nowMs, settings.halfOpenProbes)).toBe(11_000);
  });
});

describe('a round of probes', () => {
  it('the interval doubles with each round that fails, up to the recovery timeout', () => {
    const intervals: number[] = [];
    let state: BreakerState = states.open;
    for (let at = 0; at < 5; at += 1) {
      const dueMs = comesBackAt(state, 0, settings.halfOpenProbes);
      const { state: probing, permit = -1 } = admit(state, dueMs, settings);
      state = settle(probing, { permit, verdict: 'server-failure' }, dueMs, settings);
      if (state.mode === 'open') intervals.push(state.untilMs - dueMs);
    }
    expect(intervals).toEqual([2_000, 4_000, 4_000, 4_000, 4_000]);
  });

  it('stand-alone, the interval is the recovery timeout from the start', () => {
    const alone = resolveBreaker({ failureThreshold: 1, recoveryTimeoutMs: 30_000 });
    const opened = settle(startState, { permit: 0, verdict: 'server-failure' }, 0, alone);
    const { state, permit = -1 } = admit(opened, 30_000, alone);
    const again = settle(state, { permit, verdict: 'server-failure' }, 30_000, alone);
    expect([opened, again].map(one => comesBackAt(one, 0, 1))).toEqual([30_000, 60_000]);
  });

  it('an outage keeps its beginning until the circuit is closed', () => {
    const again = settle(states['half-open, full'], { permit: 5, verdict: 'network-failure' }, nowMs, settings);
    expect(again).toMatchObject({ mode: 'open', openedAtMs: 7_000, doubt: 'network' });
  });

  it('a probe that ends after the circuit was closed says nothing of what follows', () => {
    const [one, other] = [5, 6].map(permit => ({ permit, leaseEndsMs: 90_000 }));
    if (!one || !other) return;
    const short = { ...settings, successThreshold: 1, failureThreshold: 1 };
    const before = { ...states['half-open, full'], probes: [one, other] };
    const closed = settle(before, { permit: 5, verdict: 'success' }, nowMs, short);
    expect(closed.mode).toBe('closed');
    expect(settle(closed, { permit: 6, verdict: 'server-failure' }, nowMs, short)).toBe(closed);
  });

  it('a probe that ends after its lease still counts, because it says something of this round', () => {
    const { state } = admit(states['half-open, a lease over'], nowMs, settings);
    expect(inWords(settle(state, { permit: 5, verdict: 'success' }, nowMs, settings))).toBe('half-open 1+6,7');
  });
});

describe('the window', () => {
  const windowed = resolveBreaker({
    failureThreshold: Number.POSITIVE_INFINITY,
    window: { durationMs: 10_000, minimumVolume: 10, failureRatio: 0.5 },
  });
  /** Verdicts at times, as `ok` or `no`: what the circuit is after the last. */
  const after = (results: readonly (readonly ['ok' | 'no', number])[]): BreakerState =>
    results.reduce<BreakerState>(
      (state, [how, atMs]) =>
        settle(state, { permit: 0, verdict: how === 'ok' ? 'success' : 'server-failure' }, atMs, windowed),
      startState,
    );
  const times = (count: number, how: 'ok' | 'no', atMs: number) =>
    Array.from({ length: count }, () => [how, atMs] as const);

  const rows: [string, (readonly ['ok' | 'no', number])[], string][] = [
    ['too few say nothing', times(9, 'no', 0), 'closed'],
    ['enough, and half of them failed', [...times(5, 'ok', 0), ...times(5, 'no', 9_000)], 'open'],
    ['enough, and less than half failed', [...times(6, 'ok', 0), ...times(5, 'no', 0)], 'closed'],
    ['successes that are too old do not help', [...times(50, 'ok', 0), ...times(10, 'no', 10_000)], 'open'],
    ['failures that are too old do not count', [...times(9, 'no', 0), ...times(9, 'no', 10_000)], 'closed'],
    ['what is just within does', [...times(9, 'no', 1_000), ...times(1, 'no', 10_999)], 'open'],
    ['a success opens nothing, though it makes them enough', [...times(9, 'no', 0), ...times(1, 'ok', 0)], 'closed'],
    ['the next failure does', [...times(9, 'no', 0), ...times(1, 'ok', 0), ...times(1, 'no', 0)], 'open'],
  ];
  it.each(rows)('%s', (_name, results, mode) => {
    expect(after(results).mode).toBe(mode);
  });

  it('holds no more for a million requests than for ten', () => {
    let state: BreakerState = startState;
    for (let at = 0; at < 1_000_000; at += 1) {
      state = settle(state, { permit: 0, verdict: at % 3 ? 'success' : 'server-failure' }, at / 10, windowed);
    }
    expect(state.mode).toBe('closed');
    expect(JSON.stringify(state).length).toBeLessThan(800);
  });

  it('either rule opens', () => {
    const both = { ...windowed, failureThreshold: 2 };
    const once = settle(startState, { permit: 0, verdict: 'server-failure' }, 0, both);
    const twice = settle(once, { permit: 0, verdict: 'server-failure' }, 0, both);
    expect([once.mode, twice.mode, twice.because]).toEqual(['closed', 'open', 'failures-in-a-row']);
  });
});

describe('what a failure says of the service', () => {
  const rows: [string, Parameters<typeof failureOf>[0], CircuitVerdict][] = [
    ['an overloaded server', { errorClass: 'server', status: 503 }, 'server-failure'],
    ['a server that states nothing', { errorClass: 'server' }, 'server-failure'],
    ['a server’s own error', { errorClass: 'server', status: 500 }, 'server-failure'],
    ['an answer that was no good', { errorClass: 'server', reason: 'malformed-output', status: 200 }, 'answer'],
    ['a lost connection', { errorClass: 'network' }, 'network-failure'],
    ['a spent quota', { errorClass: 'quota', status: 429 }, 'answer'],
    ['a bad key', { errorClass: 'auth', status: 400 }, 'answer'],
    ['a bad request', { errorClass: 'request', status: 400 }, 'answer'],
    ['missing credentials, with which nothing was sent', { errorClass: 'auth' }, 'none'],
    ['the caller’s abort', { errorClass: 'request', reason: 'aborted-by-user' }, 'none'],
    ['the refusal of another policy', { errorClass: 'server', status: 503, refusedBy: 'gate' }, 'none'],
  ];
  it.each(rows)('%s', (_name, parts, verdict) => {
    expect(verdictOf(failureOf(parts))).toBe(verdict);
  });
});

/** What happens at one step of a walk; `which` picks among the permits given so far. */
interface Step {
  readonly event: 'wait' | 'ask' | 'end' | 'force' | 'reset' | 'restart';
  readonly ms: number;
  readonly which: number;
  readonly verdict: CircuitVerdict;
}

const step: fc.Arbitrary<Step> = fc.record({
  event: fc.constantFrom(...(['wait', 'ask', 'ask', 'ask', 'end', 'end', 'end', 'force', 'reset', 'restart'] as const)),
  ms: fc.nat(3_000),
  which: fc.nat(),
  verdict: fc.constantFrom(
    'success',
    'success',
    'server-failure',
    'server-failure',
    'network-failure',
    'answer',
    'none',
  ),
});

const walkSettings: fc.Arbitrary<BreakerSettings> = fc
  .record({
    failureThreshold: fc.integer({ min: 1, max: 4 }),
    successThreshold: fc.integer({ min: 1, max: 3 }),
    halfOpenProbes: fc.integer({ min: 1, max: 3 }),
    probeIntervalMs: fc.integer({ min: 1, max: 2_000 }),
    recoveryTimeoutMs: fc.integer({ min: 2_000, max: 5_000 }),
    probeLeaseMs: fc.integer({ min: 1, max: 4_000 }),
    window: fc.option(
      fc.record({ durationMs: fc.constant(2_000), minimumVolume: fc.constant(3), failureRatio: fc.constant(0.5) }),
    ),
  })
  .map(({ window, ...numbers }) => resolveBreaker({ ...numbers, window: window ?? false }));

/** What must hold of every state, whatever led to it. */
function impossible(state: BreakerState, clockMs: number, rules: BreakerSettings): string | undefined {
  if (state.mode === 'closed') {
    return state.failures >= rules.failureThreshold ? 'closed with too many failures' : undefined;
  }
  if (state.openedAtMs > clockMs) return 'an outage of the future';
  if (state.intervalMs < rules.probeIntervalMs || state.intervalMs > rules.recoveryTimeoutMs) return 'a wrong interval';
  if (state.mode === 'open') {
    if (Number.isNaN(state.untilMs)) return 'open without a time';
    const isForced = state.because === 'forced' || state.because === 'imported';
    const isTooLong = state.untilMs - clockMs > rules.recoveryTimeoutMs;
    return !isForced && isTooLong ? 'open for too long' : undefined;
  }
  const permits = state.probes.map(({ permit }) => permit);
  if (permits.length > rules.halfOpenProbes) return 'too many probes under way';
  if (new Set(permits).size < permits.length) return 'one permit for two probes';
  if (permits.some(permit => permit < state.firstPermit || permit > state.lastPermit))
    return 'a probe of another round';
  return state.successes >= rules.successThreshold ? 'half-open with enough successes' : undefined;
}

const forGood = Number.POSITIVE_INFINITY;

function restarted(state: BreakerState, runtime: VirtualRuntime, rules: BreakerSettings): BreakerState {
  const json = JSON.stringify(snapshotOf(state, undefined, runtime));
  return stateOf(checkSnapshot('state', JSON.parse(json)), { settings: rules, runtime, lastPermit: state.lastPermit });
}

describe('10,000 random walks', () => {
  it('never reach an impossible state, nor give a permit while open, nor heed what began before', () => {
    const walk = (rules: BreakerSettings, steps: readonly Step[]): void => {
      const runtime = new VirtualRuntime();
      let state: BreakerState = startState;
      /** Permits given, and in which stay in a mode: results count only within the stay that they were given in. */
      const given: { readonly permit: number; readonly stay: number }[] = [];
      let stay = 0;
      for (const { event, ms, which, verdict } of steps) {
        const before: BreakerState = state;
        const clockMs = runtime.now();
        let permit: number | undefined;
        if (event === 'wait') runtime.advance(ms);
        else if (event === 'ask') {
          ({ state, permit } = admit(before, clockMs, rules));
          if (permit !== undefined) expect(modeAt(before, clockMs)).not.toBe('open');
        } else if (event === 'force') state = forceOpen(before, ms < 500 ? forGood : ms, clockMs, rules);
        else if (event === 'reset') state = reset(before);
        else if (event === 'restart') state = restarted(before, runtime, rules);
        else {
          const [ended] = given.splice(which % Math.max(1, given.length), 1);
          if (ended !== undefined) state = settle(before, { permit: ended.permit, verdict }, clockMs, rules);
          if (ended?.stay !== stay) expect(state).toBe(before);
        }
        if (state.mode !== before.mode || event === 'reset' || event === 'restart') stay += 1;
        if (permit !== undefined) given.push({ permit, stay });
        expect(state.lastPermit).toBeGreaterThanOrEqual(before.lastPermit);
        expect(impossible(state, runtime.now(), rules)).toBeUndefined();
      }
    };
    fc.assert(fc.property(walkSettings, fc.array(step, { maxLength: 40 }), walk), { numRuns: 10_000 });
  });
});

describe('the defaults', () => {
  it('are the field’s', () => {
    expect(breakerDefaults).toMatchObject({
      failureThreshold: 5,
      recoveryTimeoutMs: 60_000,
      successThreshold: 2,
      halfOpenProbes: 1,
      whenOpen: 'fail',
    });
  });
});
