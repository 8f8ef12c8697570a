import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FaultName, type Simulator, startSimulator } from '../../simulator/index.ts';
import { ask, overTheWire, statusOf } from './ask.ts';
import { describeError, fourChunks } from './seen.ts';

describe('what a bare connection sees', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator(fourChunks);
  });
  beforeEach(() => simulator.reset());
  afterAll(() => simulator.close());

  /** Fault, first line of the head, beginning of the body, how it ends. */
  const rows: readonly (readonly [FaultName, string, RegExp, 'fin' | 'reset' | 'open'])[] = [
    ['reset-before-headers', '', /^$/, 'reset'],
    ['fin-before-headers', '', /^$/, 'fin'],
    ['reset-after-headers', 'HTTP/1.1 200 OK', /^$/, 'reset'],
    ['reset-mid-body', 'HTTP/1.1 200 OK', /^\{"candidates"/, 'reset'],
    ['fin-mid-body', 'HTTP/1.1 200 OK', /^\{"candidates"/, 'fin'],
    ['fin-mid-chunked', 'HTTP/1.1 200 OK', /^[0-9a-f]+\r\n\{"candidates"/, 'fin'],
    ['content-length-short', 'HTTP/1.1 200 OK', /^\{"candidates".*\}$/, 'fin'],
    ['content-length-long', 'HTTP/1.1 200 OK', /^\{"candidates".*\}$/, 'fin'],
    ['garbage-http', 'this is no HTTP at all', /^$/, 'fin'],
    ['204', 'HTTP/1.1 204 No Content', /^$/, 'open'],
    ['503-json-empty', 'HTTP/1.1 503 Service Unavailable', /^$/, 'open'],
    ['stall-before-headers', '', /^$/, 'open'],
    ['stall-before-body', 'HTTP/1.1 200 OK', /^$/, 'open'],
    ['stall-mid-body', 'HTTP/1.1 200 OK', /^\{"candidates"/, 'open'],
  ];

  test.each(rows)('%s: %s', async (fault, firstLine, body, end) => {
    simulator.enqueue(fault);
    const seen = await overTheWire(simulator.port, 'generateContent', end === 'open' ? 40 : 1_000);
    expect(seen.head.split('\r\n')[0]).toBe(firstLine);
    expect(seen.body).toMatch(body);
    expect(seen.end).toBe(end);
  });

  test('the length that is stated differs from the one that follows', async () => {
    for (const [fault, difference] of [
      ['content-length-short', -20],
      ['content-length-long', 100],
    ] as const) {
      simulator.enqueue(fault);
      const { head, body } = await overTheWire(simulator.port, 'generateContent');
      expect(Number(/content-length: (\d+)/.exec(head)?.[1]) - body.length, fault).toBe(difference);
    }
  });

  test('a stalled answer goes on after lastsMs', async () => {
    simulator.enqueue({ fault: 'stall-mid-body', lastsMs: 15 });
    const response = await ask(simulator.url, 'hi');
    expect(JSON.stringify(await response.json())).toContain('one two three four');
  });

  test('an error is delayed by afterMs', async () => {
    simulator.enqueue({ fault: '503', afterMs: 40 });
    const start = performance.now();
    expect(await statusOf(simulator.url, 'hi')).toBe(503);
    expect(performance.now() - start).toBeGreaterThanOrEqual(38);
  });

  test('a stream that was not asked for as events is one JSON array, its errors too', async () => {
    const whole: unknown = await (await ask(simulator.url, 'hi', { verb: 'streamGenerateContent' })).json();
    expect(whole).toHaveLength(4);
    simulator.enqueue('404');
    const failed = await ask(simulator.url, 'hi', { verb: 'streamGenerateContent' });
    expect(await failed.json()).toMatchObject([{ error: { code: 404, status: 'NOT_FOUND' } }]);
  });

  test('a stated wait can be chosen, as text, as RetryInfo and as a header', async () => {
    simulator.enqueue({ fault: '429', retryDelayMs: 900.2 }, { fault: '429-retry-after', retryDelayMs: 3000 });
    const { error } = (await (await ask(simulator.url, 'hi')).json()) as {
      error: { message: string; details: object[] };
    };
    expect(error.message).toContain('Please retry in 0.9002s.');
    expect(error.details).toContainEqual({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0s' });
    expect((await ask(simulator.url, 'hi')).headers.get('retry-after')).toBe('3');
  });

  test('while the port is closed a client is refused, afterwards served again on the same port', async () => {
    expect(await statusOf(simulator.url, 'before')).toBe(200);
    await simulator.pause();
    await simulator.pause();
    expect(describeError(await ask(simulator.url, 'meanwhile').catch((error: unknown) => error))).toBe(
      'TypeError fetch failed <- ECONNREFUSED',
    );
    await simulator.resume();
    expect(await statusOf(simulator.url, 'after')).toBe(200);
    expect(simulator.ledger.requestsFor('meanwhile')).toEqual([]);
  });

  test('the fault refused resets one request and closes the port for a while', async () => {
    simulator.enqueue({ fault: 'refused', lastsMs: 80 });
    expect(describeError(await ask(simulator.url, 'hi').catch((error: unknown) => error))).toMatch(/<- ECONNRESET$/);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(describeError(await ask(simulator.url, 'hi').catch((error: unknown) => error))).toMatch(/<- ECONNREFUSED$/);
    await new Promise(resolve => setTimeout(resolve, 80));
    expect(await statusOf(simulator.url, 'hi')).toBe(200);
  });
});
