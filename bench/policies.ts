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
import { standardPipeline } from '../backend/resilience/standardPipeline.ts';
import { systemRuntime } from '../backend/resilience/wholeRuntime.ts';
import { fastestRounds, printBound, printTimings, repeat } from './measure.ts';

const target = { service: 'host model', scope: 'host project model' };
const work = async (): Promise<number> => 1;
const classify = (): never => {
  throw new Error('Nothing fails here.');
};

/** Runs an exchange of its own call through what is given, within these limits. */
const within =
  (attemptTimeoutMs: number, deadlineMs?: number) =>
  (send: Send): (() => Promise<unknown>) => {
    const options = { classify, attemptTimeoutMs };
    return () => {
      const call = startCall({ operation: 'work', runtime: systemRuntime, deadlineMs });
      return send(startExchange(call, true, work, options, target));
    };
  };

const through = within(300_000, 600_000);
const unlimited = within(Number.POSITIVE_INFINITY);

const wholePipeline = (): Send =>
  standardPipeline(resolveRetry([]), {
    quotaGate: quotaGate(),
    retryBudget: retryBudget(),
    concurrency: concurrency(),
    circuitBreaker: breakerPolicy(),
  });

/**
 * The whole pipeline beside what a client would put together from cockatiel. To be run before the engine has seen these parts in
 * any other use: a process has one pipeline, and so has theirs.
 */
export async function pipelineOverhead(): Promise<boolean> {
  const theirs = wrap(
    theirRetry(handleAll, { maxAttempts: 3 }),
    circuitBreaker(handleAll, { halfOpenAfter: 1_000, breaker: new ConsecutiveBreaker(5) }),
    bulkhead(1_000, 1_000),
  );
  const ours = wholePipeline();
  const timings = await fastestRounds(
    [
      { name: 'cockatiel: retry + breaker + bulkhead', run: repeat(() => theirs.execute(work)) },
      { name: 'the whole pipeline', run: repeat(unlimited(ours)) },
      { name: 'the same within its time limits', run: repeat(through(ours)) },
    ],
    1_500,
    2_000,
  );
  printTimings('Work that succeeds, through a whole pipeline', timings, 'cockatiel');
  const [base = Number.NaN, whole = Number.NaN] = timings.map(({ ns }) => ns);
  return printBound('the whole pipeline over cockatiel’s retry, breaker and bulkhead', whole / base, 1, '×');
}

const alone = (policy: Policy): Send => pipeline(policy)(attemptOnce);

/** What each policy adds to work that succeeds. */
export async function policyOverhead(): Promise<boolean> {
  const timings = await fastestRounds(
    [
      { name: 'one attempt', run: repeat(through(attemptOnce)) },
      { name: 'with retries', run: repeat(through(alone(retry(resolveRetry([]))))) },
      { name: 'with the retry budget', run: repeat(through(alone(retryBudget()))) },
      { name: 'with the quota gate', run: repeat(through(alone(quotaGate()))) },
      { name: 'with the concurrency limit', run: repeat(through(alone(concurrency()))) },
      { name: 'with the circuit breaker', run: repeat(through(alone(breakerPolicy()))) },
    ],
    40,
    5_000,
  );
  printTimings('Work that succeeds, through each policy', timings, 'one attempt');
  const [base = Number.NaN, ...rest] = timings.map(({ ns }) => ns);
  return printBound('the dearest policy adds', (Math.max(...rest) - base) / 1_000, 2, 'µs');
}
