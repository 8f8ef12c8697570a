import { describe, expect, it } from 'vitest';
import { Permit } from '../../resilience/permit.ts';
import { startCall } from '../../resilience/policy.ts';
import { Ramp } from '../../resilience/quota/ramp.ts';
import { SendLog } from '../../resilience/quota/sendLog.ts';
import { SendRate } from '../../resilience/quota/sendRate.ts';
import { WindowLimit } from '../../resilience/quota/windowLimit.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const minute = 60_000;

/** A limit of which so many were sent, a second apart, from 0 on. */
function limitWith(sent: number, limit: number, unit: 'requests' | 'tokens' = 'requests', tokens = 1) {
  const log = new SendLog();
  const window = new WindowLimit(log, unit, minute, limit, 'stated');
  for (let index = 0; index < sent; index += 1) window.count(log.add(index * 1_000, tokens));
  return { log, window };
}

describe('a limit of a window', () => {
  // sent, limit, asked at, the wait
  const rows: readonly (readonly [string, number, number, number, number])[] = [
    ['has room', 3, 10, 5_000, 0],
    ['is full until the oldest comes back, and has travelled', 10, 10, 20_000, 40_250],
    ['is far over until enough have come back', 12, 10, 20_000, 42_250],
    ['has room again after the window', 10, 10, 70_000, 0],
  ];
  it.each(rows)('%s', (_name, sent, limit, nowMs, waitMs) => {
    expect(limitWith(sent, limit).window.waitMs(1, nowMs)).toBe(waitMs);
  });

  it('counts tokens, and what is larger than the limit waits for an empty window', () => {
    const { window } = limitWith(4, 1_000, 'tokens', 200);
    expect(window.waitMs(200, 5_000)).toBe(0);
    expect(window.waitMs(300, 5_000)).toBe(minute + 250 - 5_000);
    expect(window.waitMs(5_000, 5_000)).toBe(3_000 + minute + 250 - 5_000);
  });

  it('takes a wait that ends long before its own log says so for the end of a fixed window', () => {
    const { window } = limitWith(10, 10);
    window.refused(10, 30_000, 12_000);
    expect([window.waitMs(1, 12_000), window.waitMs(1, 30_000)]).toEqual([18_000, 0]);
  });

  it('gives back what was not counted after all, and takes corrections of tokens', () => {
    const { log, window } = limitWith(10, 10);
    window.refund(9);
    log.set(9, 9_000, Number.NaN);
    expect([window.used, window.waitMs(1, 20_000)]).toEqual([9, 0]);
    const tokens = limitWith(2, 1_000, 'tokens', 400);
    tokens.window.correct(1, 300);
    tokens.log.set(1, 1_000, 700);
    expect([tokens.window.used, tokens.window.waitMs(100, 5_000)]).toEqual([1_100, 55_250]);
  });

  it('says when the position in a line has its turn, at the earliest', () => {
    const { window } = limitWith(10, 10);
    expect([0, 9, 10, 25].map(position => window.etaMs(position, 1, 20_000))).toEqual([
      40_250, 40_250, 100_250, 160_250,
    ]);
  });

  it('is probed by one request after three full windows, and four times as boldly after each that is let in', () => {
    const { window, log } = limitWith(10, 10);
    const full = (nowMs: number): number => {
      while (window.waitMs(1, nowMs) === 0) window.count(log.add(nowMs, 1));
      window.exhausted(nowMs);
      return window.allowance;
    };
    expect([1, 2, 3, 4].map(at => full(at * 61_000))).toEqual([10, 10, 10, 11]);
    expect(window.waitMs(1, 244_000)).toBe(0);
    window.count(log.add(244_000, 1));
    window.accepted();
    expect([window.limit, full(5 * 61_000)]).toEqual([11, 15]);
    window.refused(12, undefined, 305_000);
    expect([window.limit, window.allowance]).toEqual([12, 12]);
  });
});

describe('the ramp to a limit that is not known', () => {
  const permit = (sentAtMs: number): Permit => {
    const exchange = { attempt: 0, sentAtMs };
    const made = new Permit(exchange, 0, 0, false, 0);
    exchange.attempt = 1;
    return made;
  };

  /** How many may be let through now. */
  const roomOf = (
    ramp: Ramp,
    nowMs: number,
    [waiting, sent]: readonly [number, number] = [0, 0],
    deadlineMs = 3_600_000,
  ) => {
    const call = startCall({ operation: 'test', runtime: new VirtualRuntime(), deadlineMs });
    const all: Permit[] = [];
    while (ramp.hasRoom(call, waiting, waiting + sent, 0, nowMs)) {
      const one = permit(nowMs);
      ramp.sent(one);
      all.push(one);
    }
    return all;
  };

  // the time that each call has in milliseconds, how many are let through in each round
  it.each([
    [3_600_000, [1, 8, 16, 32, 40, 40, 40]],
    [60_000, [1, 8, 16, 32, 64, 87, 79]],
    [10_000, [1, 8, 16, 32, 64, 128, 256]],
  ])('lets one through, then eight, then twice as many with each round, up to a share of the work: %i ms', (...row) => {
    const [deadlineMs, expected] = row;
    const ramp = new Ramp();
    let sent = 0;
    const rounds = expected.map((_, round) => {
      const all = roomOf(ramp, round * 100, [1_000 - sent, sent], deadlineMs);
      sent += all.length;
      for (const one of all) ramp.accepted(one);
      return all.length;
    });
    expect(rounds).toEqual(expected);
  });

  it('takes what is long under way for let in, and sooner where calls have little time', () => {
    const ramp = new Ramp();
    ramp.sent(permit(0));
    expect([roomOf(ramp, 499).length, ramp.nextMs(100), roomOf(ramp, 500).length]).toEqual([0, 400, 8]);
    expect([roomOf(ramp, 1_999).length, ramp.nextMs(1_999)]).toEqual([0, 1]);
    expect(roomOf(ramp, 999, [0, 0], 15_000)).toEqual([]);
    expect(ramp.nextMs(999)).toBeCloseTo(1);
    expect(roomOf(ramp, 1_001, [0, 0], 15_000)).toHaveLength(8);
  });

  it('what fails otherwise was not refused for a quota: there is one more, where it was sent', () => {
    const ramp = new Ramp();
    const rounds = [true, true, true, false].map(wasSent => {
      const all = roomOf(ramp, 0);
      for (const one of all) ramp.ended(one, wasSent);
      return all.length;
    });
    expect([...rounds, roomOf(ramp, 0).length]).toEqual([1, 2, 4, 8, 8]);
  });

  it('is halved by refusals, once for a burst, but not by the one that states a new limit', () => {
    const ramp = new Ramp();
    for (let index = 0; index < 15; index += 1) {
      const one = permit(0);
      ramp.sent(one);
      ramp.accepted(one);
    }
    const burst = [permit(0), permit(0), permit(0)];
    for (const one of burst) ramp.sent(one);
    for (const [index, one] of burst.entries()) ramp.refused(one, index === 0, 10);
    const room = roomOf(ramp, 10, [0, 1_000]);
    expect(room).toHaveLength(22);
    for (const one of room) ramp.ended(one, false);
    const later = permit(5_000);
    ramp.sent(later);
    ramp.refused(later, false, 5_010);
    expect(roomOf(ramp, 5_010, [0, 1_000])).toHaveLength(11);
  });
});

describe('a rate that nobody states', () => {
  it('is cut to a share of what was let in, held for a moment, and given back slowly', () => {
    const rate = new SendRate();
    for (let at = 0; at <= 10_000; at += 100) rate.accepted(at);
    expect(rate.waitMs(10_000)).toBe(0);
    expect([1, 2, 3, 4, 5].map(() => rate.refused(10_000))).toEqual([false, false, false, false, true]);
    expect(rate.waitMs(10_000)).toBe(1_000);
    rate.sent(11_000);
    const gapMs = rate.waitMs(11_000);
    expect(gapMs).toBeGreaterThan(130);
    expect(gapMs).toBeLessThan(145);
    rate.sent(31_000);
    expect(rate.waitMs(31_000)).toBeLessThan(gapMs * 0.7);
    expect(rate.waitMs(200_000)).toBe(0);
  });

  it('is left alone where one in thirty is refused by chance', () => {
    const rate = new SendRate();
    for (let at = 0; at < 600; at += 1) {
      if (at % 30 === 29) expect(rate.refused(at * 20)).toBe(false);
      else rate.accepted(at * 20);
    }
    expect(rate.waitMs(12_000)).toBe(0);
  });
});
