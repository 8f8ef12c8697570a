import pRetry from 'p-retry';
import { withinLimits } from './limits.ts';
import type { Call, Policy } from './policy.ts';
import { type Failed, type RetryOptions, RetryRun } from './retryRun.ts';

/** Carries a failed outcome through p-retry, which throws: an Error by prototype, without the cost of a stack. */
interface Carrier extends Error {
  readonly outcome: Failed;
}

function carrier(outcome: Failed): Carrier {
  return Object.create(Error.prototype, { outcome: { value: outcome } }) as Carrier;
}

/** False where the caller aborted meanwhile. */
async function waited({ runtime, signal }: Call, delayMs: number): Promise<boolean> {
  // Raced against the signal as well, so that a foreign runtime whose sleep ignores it cannot hold an aborted call.
  const limits = { runtime, timeoutMs: Number.POSITIVE_INFINITY, signal };
  const { by } = await withinLimits(limits, () => runtime.sleep(delayMs, signal));
  return by === 'work' && !signal?.aborted;
}

/**
 * Sends an exchange again as the strategy of its failure says. The loop and its edge cases are p-retry's; the numbers, the
 * waits and the decision are ours, so p-retry's own delay is 0 and every wait is taken in `shouldRetry`.
 */
export function retry(options: RetryOptions): Policy {
  return async (exchange, next) => {
    // The loop begins with the first failure: a success does not pay for it.
    const first = await next(exchange);
    if (first.ok) return first;
    const { call } = exchange;
    const run = new RetryRun(exchange, options);
    const attempt = async (number: number) => {
      const outcome = number === 1 ? first : await next(exchange);
      if (!outcome.ok) throw carrier(outcome);
      return outcome;
    };
    const shouldRetry = async ({ error }: { readonly error: Error }): Promise<boolean> => {
      if (call.signal?.aborted) return false;
      const delayMs = run.next((error as Carrier).outcome);
      return delayMs !== undefined && waited(call, delayMs);
    };
    try {
      return await pRetry(attempt, { retries: Number.POSITIVE_INFINITY, minTimeout: 0, shouldRetry });
    } catch (error) {
      return run.end ?? (error as Carrier).outcome;
    }
  };
}
