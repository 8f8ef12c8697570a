import { describe, expect, it } from 'vitest';
import { geminiStrategies } from '../../gemini/retryStrategies.ts';
import { backoffWait, statedWait } from '../../resilience/backoff.ts';
import { decide, type Situation } from '../../resilience/decide.ts';
import type { Failure } from '../../resilience/failure.ts';
import type { Strategy } from '../../resilience/strategy.ts';

const failure = (parts: Partial<Failure>): Failure => ({
  errorClass: 'server',
  reason: 'overloaded',
  retryable: true,
  delivery: 'rejected',
  rule: 'test',
  evidence: '',
  message: '',
  advice: '',
  ...parts,
});

const situation = (parts: Partial<Situation> = {}): Situation => ({
  failure: failure({}),
  strategy: geminiStrategies.server,
  retriesOfThisClass: 0,
  retriesInTotal: 0,
  ambiguousRetriesLeft: Number.POSITIVE_INFINITY,
  repeatable: true,
  remainingMs: 600_000,
  random: 0.5,
  ...parts,
});

const { quota, server, network } = geminiStrategies;

describe('the wait before a retry', () => {
  const rows: [string, Strategy, number, boolean, number, number][] = [
    // name, strategy, retries so far, floored, shortest, longest
    ['a server’s first is between nothing and its base', server, 0, false, 0, 2_000],
    ['a server’s second grows by its factor', server, 1, false, 0, 4_000],
    ['a server’s tenth is capped', server, 9, false, 0, 30_000],
    ['a network’s first', network, 0, false, 0, 1_000],
    ['a quota’s first is all of its base, and a little more', quota, 0, true, 5_000, 5_750],
    ['a quota’s without jitter is exact', { ...quota, jitter: 'none' }, 1, true, 15_000, 15_000],
    ['a quota’s second spreads above its base', quota, 1, true, 5_000, 15_000],
    ['without jitter it is exact', { ...server, jitter: 'none' }, 2, false, 8_000, 8_000],
    ['with equal jitter half of it is chance', { ...server, jitter: 'equal' }, 2, false, 4_000, 8_000],
    ['growth beyond every number is capped', { ...server, growth: 100 }, 1_000, false, 0, 30_000],
  ];
  it.each(rows)('%s', (_name, strategy, retries, floored, shortest, longest) => {
    const { floorMs, spreadMs } = backoffWait(strategy, retries, floored);
    expect([floorMs, floorMs + spreadMs]).toEqual([shortest, longest]);
  });

  const stated: [string, Strategy, number, number, number][] = [
    ['34 s are a floor, with a tenth and a quarter of a second above', quota, 34_000, 34_000, 37_650],
    ['the spread is no more than the base', quota, 100_000, 100_000, 105_000],
    ['a wait above the cap is not shortened', server, 90_000, 90_000, 92_000],
    ['a wait of nothing is spread by a quarter of a second', quota, 0, 0, 250],
    ['without jitter it is exact', { ...quota, jitter: 'none' }, 34_000, 34_000, 34_000],
  ];
  it.each(stated)('stated by the server: %s', (_name, strategy, retryAfterMs, shortest, longest) => {
    const { floorMs, spreadMs } = statedWait(strategy, retryAfterMs);
    expect([floorMs, floorMs + spreadMs]).toEqual([shortest, longest]);
  });
});

describe('decide', () => {
  const rows: [string, Partial<Situation>, object][] = [
    ['retries what may succeed', {}, { action: 'retry', delayMs: 1_000, source: 'backoff' }],
    [
      'waits as the server says',
      { failure: failure({ retryAfterMs: 7_000 }) },
      { action: 'retry', delayMs: 7_475, source: 'server' },
    ],
    ['gives up what cannot succeed', { failure: failure({ retryable: false }) }, { because: 'not-retryable' }],
    ['gives up when the class’s retries are spent', { retriesOfThisClass: 3 }, { because: 'retries-spent' }],
    [
      'gives up when ten retries are spent in all',
      { retriesOfThisClass: 2, retriesInTotal: 10 },
      { because: 'total-retries-spent' },
    ],
    [
      'lets a row with more than ten retries have them',
      { strategy: { ...server, retries: 20 }, retriesOfThisClass: 15, retriesInTotal: 15 },
      { action: 'retry' },
    ],
    [
      'refuses a wait that does not fit in the deadline',
      { failure: failure({ retryAfterMs: 34_000 }), remainingMs: 20_000 },
      { because: 'deadline-too-near', delayMs: 35_000 },
    ],
    ['never repeats what may have created something', creation(), { because: 'not-repeatable' }],
    ['repeats a creation that was rejected', { repeatable: false }, { action: 'retry' }],
    [
      'counts ambiguous retries where asked to',
      { failure: failure({ delivery: 'ambiguous' }), ambiguousRetriesLeft: 0 },
      { because: 'ambiguous-retries-spent' },
    ],
    ['does not repeat an inner call of ours', { alreadyRetried: true }, { because: 'already-retried' }],
    ['unless a rule says so', { alreadyRetried: true, verdict: 'retry' }, { action: 'retry' }],
    [
      'retries the unretryable where a rule says so',
      { failure: failure({ retryable: false }), verdict: 'retry' },
      { action: 'retry' },
    ],
    ['gives up the retryable where a rule says so', { verdict: 'give-up' }, { because: 'given-up-by-rule' }],
    ['draws nothing from chance when it gives up', { verdict: 'give-up', random: Number.NaN }, { action: 'give-up' }],
  ];
  it.each(rows)('%s', (_name, parts, expected) => {
    expect(decide(situation(parts))).toMatchObject(expected);
  });

  it('gives the same decision for the same situation', () => {
    const given = Object.freeze(situation({ random: 0.25 }));
    expect(decide(given)).toEqual(decide(given));
  });
});

function creation(): Partial<Situation> {
  return { repeatable: false, failure: failure({ delivery: 'ambiguous' }) };
}
