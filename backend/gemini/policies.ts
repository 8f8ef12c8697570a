import { type BreakerOptions, checkBreakerOptions } from '../resilience/breaker/breakerOptions.ts';
import { type ConcurrencyOptions, checkConcurrency, concurrency } from '../resilience/load/concurrency.ts';
import { checkRetryBudget, type RetryBudgetOptions, retryBudget } from '../resilience/load/retryBudget.ts';
import type { Policy } from '../resilience/policy.ts';
import { checkQuotaGate, type QuotaGateOptions, quotaGate } from '../resilience/quota/quotaGate.ts';
import { retry } from '../resilience/retry.ts';
import { hasRetried, isUnrepeatable } from './seam/seamError.ts';
import { refusing } from './settings/optionFailure.ts';
import { clientBreaker, quotaReading } from './settings/policySettings.ts';
import { resolveRetry } from './settings/resolveRetry.ts';
import { checkRetryOptions, type RetryOptions } from './settings/retryConfig.ts';

/**
 * The parts of a pipeline, for those who put one together themselves with `pipeline(...)`, outermost first. Each call makes a
 * policy with a state of its own: put it into several pipelines, and they share what it learns.
 * Each throws GeminiError (request / client-config) for a bad setting.
 */
export const policies = Object.freeze({
  /** Sends an exchange again as the strategy of its failure says. */
  retry: (options: RetryOptions = {}): Policy => {
    const checked = refusing(() => checkRetryOptions('options', options));
    return retry({ ...resolveRetry([checked]), alreadyRetried: hasRetried, unrepeatable: isUnrepeatable });
  },
  /** Bounds the retries of all calls together while a service is overloaded. */
  retryBudget: (options: RetryBudgetOptions = {}): Policy =>
    retryBudget(refusing(() => checkRetryBudget('options', options))),
  /** Holds calls back while their quota is spent, and sends what fits. */
  quotaGate: (options: QuotaGateOptions = {}): Policy =>
    quotaGate(
      refusing(() => checkQuotaGate('options', options)),
      quotaReading,
    ),
  /** Bounds what an overloaded service is asked at once. */
  concurrency: (options: ConcurrencyOptions = {}): Policy =>
    concurrency(refusing(() => checkConcurrency('options', options))),
  /** Asks a service that is down by probes only. */
  circuitBreaker: (options: BreakerOptions = {}): Policy =>
    clientBreaker(refusing(() => checkBreakerOptions('options', options))),
});
