import { bulkhead, ConsecutiveBreaker, circuitBreaker, handleAll, retry as theirRetry, wrap } from 'cockatiel';
import { resolveRetry } from '../backend/gemini/settings/resolveRetry.ts';
import { attemptOnce } from '../backend/resilience/attemptOnce.ts';
import { breakerPolicy } from '../backend/resilience/breaker/breakerPolicy.ts';
import { concurrency } from '../backend/resilience/load/concurrency.ts';
import { retryBudget } from '../backend/resilience/load/retryBudget.ts';
import { pipeline } from '../backend/resilience/pipeline.ts';
import { type Policy, type Send, startCall, startExchange } from '../backend/resilience/policy.ts';
import { quotaGate } from '../backend/resilience/quota/quotaGate.ts';
import { retry } from '../backend/resilience/retry.ts';
import { systemRuntime } from '../backend/resilience/runtime.ts';
import { standardPipeline } from '../backend/resilience/standardPipeline.ts';
import { fastestRounds, printBound, printTimings, repeat } from './measure.ts';

const target = { service: 'host model', scope: 'host project model' };
const work = async (): Promise<number> => 1;
const classify = (): never => {
  throw new Error('Nothing fails here.');
};
const options = { classify, attemptTimeoutMs: 300_000 };

/** Runs an exchange of its own call through what is given. */
const through = (send: Send) => () =>
  send(
    startExchange(
      startCall({ operation: 'work', runtime: systemRuntime, deadlineMs: 600_000 }),
      true,
      work,
      options,
      target,
    ),
  );

const alone = (policy: Policy): Send => pipeline(policy)(attemptOnce);

/** What each policy, and all together, add to work that succeeds. */
export async function policyOverhead(): Promise<boolean> {
  const retries = resolveRetry([]);
  const all = standardPipeline(retries, {
    quotaGate: quotaGate(),
    retryBudget: retryBudget(),
    concurrency: concurrency(),
    circuitBreaker: breakerPolicy(),
  });
  const cockatiel = wrap(
    theirRetry(handleAll, { maxAttempts: 3 }),
    circuitBreaker(handleAll, { halfOpenAfter: 1_000, breaker: new ConsecutiveBreaker(5) }),
    bulkhead(1_000, 1_000),
  );
  const timings = await fastestRounds(
    [
      { name: 'one attempt', run: repeat(through(attemptOnce)) },
      { name: 'with retries', run: repeat(through(alone(retry(retries)))) },
      { name: 'with the retry budget', run: repeat(through(alone(retryBudget()))) },
      { name: 'with the quota gate', run: repeat(through(alone(quotaGate()))) },
      { name: 'with the concurrency limit', run: repeat(through(alone(concurrency()))) },
      { name: 'with the circuit breaker', run: repeat(through(alone(breakerPolicy()))) },
      { name: 'the whole pipeline', run: repeat(through(all)) },
      { name: 'cockatiel: retry + breaker + bulkhead', run: repeat(() => cockatiel.execute(work)) },
    ],
    40,
    5_000,
  );
  printTimings('Work that succeeds, through each policy', timings, 'one attempt');
  const [base = Number.NaN, ...rest] = timings.map(({ ns }) => ns);
  const theirs = rest.at(-1) ?? Number.NaN;
  const whole = rest.at(-2) ?? Number.NaN;
  const dearest = Math.max(...rest.slice(0, -2)) - base;
  const held = printBound('the dearest policy adds', dearest / 1_000, 2, 'µs');
  return printBound('the whole pipeline over cockatiel’s retry, breaker and bulkhead', whole / theirs, 1, '×') && held;
}
