/** Calls that wait for their quota: what ends their wait, and who goes first. */

import { describe, expect, it } from 'vitest';
import type { GeminiError, ResilienceEvent } from '../../index.ts';
import { herd, virtualBench } from './virtualGemini.ts';

const sixAMinute = { quotas: { requestsPerMinute: 6 } } as const;

describe('a call that waits for its quota', () => {
  it('fails at once where its turn cannot come before its deadline, and says when it can', async () => {
    const bench = virtualBench(sixAMinute, { deadlineMs: 90_000 });
    const went = await herd(bench, 30);
    expect(went.answered).toBe(12);
    const late = went.errors as GeminiError[];
    for (const { failure, retryAt } of late) {
      expect(failure).toMatchObject({ errorClass: 'quota', refusedBy: 'deadline' });
      expect(retryAt?.getTime()).toBeGreaterThan(bench.runtime.wallClock() - 90_000);
    }
    // Nobody waited for nothing until the end of the second minute.
    expect(went.tookMs).toBeLessThan(65_000);
  });

  it('ends at once when its caller aborts, and sends nothing', async () => {
    const bench = virtualBench(sixAMinute);
    await herd(bench, 6);
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = Array.from({ length: 20 }, (_, index) =>
      bench.gemini.callLlm(`more ${index}`, { model: 'gemini-2.5-flash', signal: controller.signal }),
    );
    const ends = Promise.allSettled(waiting);
    bench.runtime.setTimer(5_000, () => controller.abort(reason));
    const startMs = bench.runtime.now();
    for (const end of await bench.runtime.settle(ends)) expect(end).toEqual({ status: 'rejected', reason });
    expect(bench.runtime.now() - startMs).toBe(5_000);
    const before = bench.service.ledger.requests.length;
    bench.runtime.advance(120_000);
    expect(bench.service.ledger.requests.length).toBe(before);
  });

  it('goes by its priority, and within it in the order of coming', async () => {
    const bench = virtualBench(sixAMinute);
    await herd(bench, 6);
    const order: string[] = [];
    const one = (name: string, priority: number): Promise<unknown> =>
      bench.gemini.callLlm(name, { model: 'gemini-2.5-flash', priority }).then(() => order.push(name));
    const all = [one('a', 0), one('b', 0), one('low', -5), one('high', 7), one('c', 0)];
    await bench.runtime.settle(Promise.all(all));
    // The first of them finds out that the minute is spent, and then waits at the head of its priority.
    expect(order.filter(name => name !== 'a')).toEqual(['high', 'b', 'c', 'low']);
  });

  it('is refused where too many wait already', async () => {
    const bench = virtualBench(sixAMinute, { quota: { maxQueue: 10 } });
    const went = await herd(bench, 40);
    const refused = went.failed['quota-unspecified gate'] ?? 0;
    expect(went.answered + refused).toBe(40);
    expect(refused).toBeGreaterThanOrEqual(28);
    expect((went.errors[0] as GeminiError).message).toContain('quota.maxQueue');
  });

  it('says so in its events, with how many are before it and when its turn comes', async () => {
    const events: ResilienceEvent[] = [];
    const bench = virtualBench(sixAMinute, { onEvent: event => events.push(event) });
    await herd(bench, 6);
    events.length = 0;
    await herd(bench, 12);
    const held = events.filter(event => event.type === 'gate-wait');
    expect(
      held.some(({ because, position, expectedMs }) => because === 'quota' && position > 0 && expectedMs > 30_000),
    ).toBe(true);
    expect(events.some(({ type }) => type === 'requeue')).toBe(true);
  });
});

describe('limits that are given', () => {
  it('strict ones are never gone beyond', async () => {
    const bench = virtualBench({}, { quota: { requestsPerMinute: 30, strict: true } });
    await herd(bench, 150);
    const times = bench.service.ledger.requests.map(({ atMs }) => atMs);
    for (const [index, atMs] of times.entries()) {
      const before = times[index - 30];
      if (before !== undefined) expect(atMs - before).toBeGreaterThanOrEqual(60_000);
    }
  });

  it('others are probed upward: a limit that is given far too low corrects itself', async () => {
    const bench = virtualBench({ quotas: { requestsPerMinute: 600 } }, { quota: { requestsPerMinute: 30 } });
    const went = await herd(bench, 3_000);
    expect(went.failed).toEqual({});
    // At 30 a minute it would have been 100 minutes.
    expect(went.tookMs).toBeLessThan(12 * 60_000);
  });

  it('evenly: requests are spaced over the minute', async () => {
    const bench = virtualBench({}, { quota: { requestsPerMinute: 60, evenly: true } });
    const went = await herd(bench, 20);
    expect(went.answered).toBe(20);
    const times = bench.service.ledger.requests.map(({ atMs }) => atMs);
    for (const [index, atMs] of times.slice(1).entries())
      expect(atMs - (times[index] ?? 0)).toBeGreaterThanOrEqual(999);
  });
});
