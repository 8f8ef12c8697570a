import { describe, expect, test } from 'vitest';
import { type Capacity, type LedgerEntry, type SimulatedFetch, simulatedFetch } from '../../simulator/index.ts';
import { ask, statusOf } from './ask.ts';
import { HeapTime } from './heapTime.ts';
import { virtualTimeAt } from './virtualTime.ts';

const url = 'http://gemini.test';

interface Seen {
  readonly entries: readonly LedgerEntry[];
  readonly goodput: readonly number[];
}

/** A service with this capacity, and the hand that sends one request to it. */
function service(
  capacity: Capacity,
): SimulatedFetch & { readonly time: HeapTime; send(prompt: string): Promise<number> } {
  const time = new HeapTime();
  const simulator = simulatedFetch({ capacity, runtime: time });
  return Object.assign(simulator, { time, send: (prompt: string) => statusOf(url, prompt, { send: simulator.fetch }) });
}

/** So many requests a second, evenly, each sent once. */
async function underLoad(capacity: Capacity, perSecond: number, seconds: number): Promise<Seen> {
  const { time, send, ledger } = service(capacity);
  const sendAt = async (index: number): Promise<void> => {
    await time.sleep((index * 1000) / perSecond);
    await send(`p${index}`);
  };
  await time.settle(Promise.all(Array.from({ length: perSecond * seconds }, (_, index) => sendAt(index))));
  return { entries: ledger.requests, goodput: ledger.goodput };
}

/** Answers a second between two times in seconds. A ledger says nothing of the seconds after its last good answer: they had none. */
function rate(goodput: readonly number[], from: number, to: number): number {
  return goodput.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
}

describe('what is answered in a second, of a capacity of 10', () => {
  const rows: readonly (readonly [offered: number, refusalCost: number, answered: number])[] = [
    [5, 0.5, 5],
    [10, 0.5, 10],
    // (10 - 0.5 · offered) / 0.5
    [12, 0.5, 8],
    [15, 0.5, 5],
    [18, 0.5, 2],
    [20, 0.5, 0],
    [40, 0.5, 0],
    // (10 - 0.2 · offered) / 0.8
    [20, 0.2, 7.5],
    [30, 0.2, 5],
    [40, 0, 10],
    [11, 1, 0],
  ];
  test.each(rows)('%d offered, a refusal costs %d: %d', async (offered, refusalCost, answered) => {
    const { goodput } = await underLoad({ requestsPerSecond: 10, queueMs: 2_000, refusalCost }, offered, 300);
    // The queue fills first, and the end of the run is no longer under load.
    expect(Math.abs(rate(goodput, 100, 300) - answered)).toBeLessThan(0.25);
  });
});

describe('a request', () => {
  test('waits for the work before it, and the ledger says how long', async () => {
    const time = virtualTimeAt('2026-01-01T00:00:00Z');
    const { fetch: send, ledger } = simulatedFetch({
      capacity: { requestsPerSecond: 2 },
      latencyMs: 100,
      runtime: time.runtime,
    });
    const asked = ['a', 'b', 'c'].map(prompt => statusOf(url, prompt, { send }));
    await Promise.resolve();
    for (const step of [100, 500, 500]) {
      await new Promise(resolve => setImmediate(resolve));
      time.advance(step);
    }
    expect(await Promise.all(asked)).toEqual([200, 200, 200]);
    expect(ledger.requests.map(({ queuedMs, closedAtMs }) => [queuedMs, closedAtMs])).toEqual([
      [0, 100],
      [500, 600],
      [1_000, 1_100],
    ]);
    expect(ledger.goodput).toEqual([2, 1]);
  });

  test('is refused with 503 UNAVAILABLE where the queue is full, and is not billed', async () => {
    const { fetch: send, ledger, time } = service({ requestsPerSecond: 1, queueMs: 0 });
    await time.settle(ask(url, 'a', { send }));
    const response = await time.settle(ask(url, 'b', { send }));
    expect([response.status, await response.json()]).toMatchObject([503, { error: { status: 'UNAVAILABLE' } }]);
    expect(ledger.requests[1]).toMatchObject({ fault: 'overloaded', billed: 'none', queuedMs: 0 });
  });

  test('that its client left is worked off all the same, and is no goodput', async () => {
    const { fetch: send, ledger, time } = service({ requestsPerSecond: 1, queueMs: 10_000 });
    await time.settle(ask(url, 'first', { send }));
    const left = new AbortController();
    const waiting = ask(url, 'left', { send, signal: left.signal }).catch(() => 'left');
    await Promise.resolve();
    const behind = ask(url, 'behind', { send });
    time.setTimer(100, () => left.abort());
    expect(await time.settle(waiting)).toBe('left');
    await time.settle(behind);
    expect(ledger.requests.map(({ queuedMs, closedByClient }) => [queuedMs, closedByClient])).toEqual([
      [0, false],
      [1_000, true],
      [2_000, false],
    ]);
    expect(ledger.goodput).toEqual([1, 0, 1]);
  });

  test('that makes no model work takes no capacity', async () => {
    const { fetch: send, ledger, time } = service({ requestsPerSecond: 1, queueMs: 0 });
    await time.settle(ask(url, 'a', { send }));
    await time.settle(ask(url, 'a', { send, verb: 'countTokens' }));
    expect(ledger.countBy('status')).toEqual({ 200: 2 });
  });

  test('an ordered fault passes the queue by, and a reset empties it', async () => {
    const { fetch: send, ledger, time, enqueue, reset } = service({ requestsPerSecond: 1, queueMs: 0 });
    await time.settle(ask(url, 'a', { send }));
    enqueue('finish-safety');
    await time.settle(ask(url, 'a', { send }));
    expect(ledger.countBy('fault')).toEqual({ none: 1, 'finish-safety': 1 });
    reset();
    await time.settle(ask(url, 'a', { send }));
    expect(ledger.countBy('status')).toEqual({ 200: 1 });
  });
});

describe('collapse', () => {
  /** A steady load below the capacity, sent again once a second when refused, and a burst that comes once. */
  async function afterBurst(sendings: number, capacity: Capacity): Promise<readonly number[]> {
    const { time, send, ledger } = service(capacity);
    const persist = async (startMs: number, prompt: string): Promise<void> => {
      await time.sleep(startMs);
      for (let sending = 0; sending < sendings; sending += 1) {
        if ((await send(prompt)) === 200) return;
        await time.sleep(1_000);
      }
    };
    const steady = Array.from({ length: 6 * 300 }, (_, index) => persist((index * 1000) / 6, `steady ${index}`));
    const burst = Array.from({ length: 300 }, (_, index) => persist(30_000, `burst ${index}`));
    await time.settle(Promise.all([...steady, ...burst]));
    return ledger.goodput;
  }

  const capacity = { requestsPerSecond: 10, queueMs: 2_000 };

  test('a burst passes where clients do not send again', async () => {
    const goodput = await afterBurst(1, capacity);
    expect(rate(goodput, 100, 300)).toBeCloseTo(6, 0);
  });

  test('the same burst keeps the service down for good where clients send again: the load before it was below the capacity', async () => {
    const goodput = await afterBurst(20, capacity);
    expect(rate(goodput, 10, 30)).toBeCloseTo(6, 0);
    expect(rate(goodput, 60, 300)).toBeLessThan(0.5);
  });

  test('it recovers where the load falls well below the capacity, in the time that its queue takes', async () => {
    const { time, send, ledger } = service(capacity);
    const run = async (): Promise<void> => {
      for (let index = 0; index < 2_000; index += 1) {
        void send(`storm ${index}`);
        await time.sleep(10);
      }
      expect(ledger.requests.at(-1)?.status).toBe(503);
      // Twice the queue waits, and it takes requests again when half of it is left.
      await time.sleep(2_900);
      expect(await send('too early')).toBe(503);
      await time.sleep(200);
      expect(await send('recovered')).toBe(200);
    };
    await time.settle(run());
  });

  test('a refusal that costs more than an answer keeps it down under a load below its capacity', async () => {
    const costly = { ...capacity, refusalCost: 2 };
    const { time, send, ledger } = service(costly);
    const run = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 60 }, (_, index) => send(`burst ${index}`)));
      for (let index = 0; index < 600; index += 1) {
        void send(`steady ${index}`);
        await time.sleep(125);
      }
      expect(ledger.requests.slice(-300).every(({ status }) => status === 503)).toBe(true);
      for (let index = 0; index < 600; index += 1) {
        void send(`calm ${index}`);
        await time.sleep(250);
      }
      expect(ledger.requests.slice(-300).every(({ status }) => status === 200)).toBe(true);
    };
    await time.settle(run());
  });

  test('the same requests meet the same service, run after run', async () => {
    const statuses = async (): Promise<readonly (number | undefined)[]> =>
      (await underLoad(capacity, 17, 60)).entries.map(({ status }) => status);
    expect(await statuses()).toEqual(await statuses());
  });
});
