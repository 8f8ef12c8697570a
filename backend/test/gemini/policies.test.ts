import { describe, expect, it } from 'vitest';
import { pipeline, policies, through } from '../../index.ts';
import { virtualBench } from '../e2e/virtualGemini.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const overloaded = () => Object.assign(new Error('{"error":{"code":503,"status":"UNAVAILABLE"}}'), { status: 503 });

describe('a pipeline of one’s own', () => {
  it('runs functions: retried as their errors deserve, in time and with what they are given', async () => {
    const runtime = new VirtualRuntime();
    const run = through(pipeline(policies.retry({ maxRetries: 2 })), { runtime });
    const seen: number[] = [];
    const add = run(async ({ attempt, signal }, one: number, other: number) => {
      seen.push(attempt);
      expect(signal.aborted).toBe(false);
      if (attempt < 3) throw overloaded();
      return one + other;
    });
    expect(await runtime.settle(add(1, 2))).toBe(3);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('shares what its policies learn with everything that they are part of', async () => {
    const runtime = new VirtualRuntime();
    const breaker = policies.circuitBreaker({ failureThreshold: 2, whenOpen: 'fail' });
    const [one, other] = [pipeline(breaker), pipeline(policies.retry(), breaker)].map(policy =>
      through(policy, { service: 'search', runtime }),
    );
    const down = async (): Promise<never> => {
      throw overloaded();
    };
    for (let call = 0; call < 2; call += 1) {
      await expect(runtime.settle(one?.(down)() ?? Promise.resolve())).rejects.toMatchObject({
        failure: { status: 503 },
      });
    }
    let asked = 0;
    const refused = other?.(() => {
      asked += 1;
    })();
    await expect(runtime.settle(refused ?? Promise.resolve())).rejects.toMatchObject({
      failure: { reason: 'unavailable', refusedBy: 'breaker', delivery: 'unsent' },
    });
    expect(asked).toBe(0);
  });

  it('is what a client uses, in place of the standard one', async () => {
    const bench = virtualBench(
      { script: [{ fault: '503', times: 9 }] },
      { pipeline: pipeline(policies.retry({ maxRetries: 1 })) },
    );
    await expect(bench.runtime.settle(bench.gemini.callLlm('hello'))).rejects.toMatchObject({ name: 'GeminiError' });
    expect(bench.service.ledger.requests).toHaveLength(2);
  });

  it('lets everything pass where its functions are for nobody in particular', async () => {
    const gate = pipeline(
      policies.quotaGate({ requestsPerMinute: 1, strict: true }),
      policies.concurrency({ maxConcurrency: 1 }),
    );
    const run = through(gate)(async () => 1);
    expect(await Promise.all([run(), run(), run()])).toEqual([1, 1, 1]);
  });

  it('bounds what is for one service', async () => {
    let most = 0;
    let now = 0;
    const runtime = new VirtualRuntime();
    const run = through(pipeline(policies.concurrency({ maxConcurrency: 3 })), { service: 'search', runtime });
    const work = run(async () => {
      now += 1;
      most = Math.max(most, now);
      await runtime.sleep(100);
      now -= 1;
    });
    await runtime.settle(Promise.all(Array.from({ length: 20 }, () => work())));
    expect(most).toBe(3);
  });

  it.each([
    [() => policies.quotaGate({ requestsPerMinute: -1 }), 'options.requestsPerMinute is -1'],
    [() => policies.retry({ maxRetries: 0.5 }), 'options.maxRetries is 0.5'],
    [() => policies.circuitBreaker({ failureThreshold: 0 }), 'options.failureThreshold is 0'],
    [() => policies.concurrency({ maxConcurrency: 0 }), 'options.maxConcurrency is 0'],
    [() => policies.retryBudget({ ratio: 11 }), 'options.ratio is 11'],
    [() => through('retry' as never), 'policy is "retry"'],
    [() => through(pipeline(), { service: 5 as never }), 'options.service is 5'],
  ])('refuses a wrong setting: %s', (make, message) => {
    expect(make).toThrow(message);
  });
});
