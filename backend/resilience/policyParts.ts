import {
  type BreakerOptions,
  checkBreakerOptions,
  clientBreakerDefaults,
  resolveBreaker,
} from './breaker/breakerOptions.ts';
import { breakerPolicy } from './breaker/breakerPolicy.ts';
import { emit } from './emit.ts';
import { hedge } from './hedge.ts';
import { type ConcurrencyOptions, checkConcurrency, concurrency as concurrencyPolicy } from './load/concurrency.ts';
import { checkRetryBudget, type RetryBudgetOptions, retryBudget as retryBudgetPolicy } from './load/retryBudget.ts';
import type { Policy } from './policy.ts';
import { checkQuotaGate, type QuotaGateOptions, quotaGate } from './quota/quotaGate.ts';
import type { PolicyPart } from './standardPipeline.ts';

/**
 * The policies that calls share, each by itself: a program that names only some is loaded without the others.
 */

/** Waits until there is quota, and paces what goes out. @throws OptionError */
export function quota(options: QuotaGateOptions = {}): PolicyPart {
  checkQuotaGate('quota', options);
  return { part: 'quota', make: ({ quotaReading }) => ({ quotaGate: quotaGate(options, quotaReading) }) };
}

/** Asks a model less at once while it is overloaded. @throws OptionError */
export function concurrency(options: ConcurrencyOptions = {}): PolicyPart {
  checkConcurrency('concurrency', options);
  return { part: 'concurrency', make: () => ({ concurrency: concurrencyPolicy(options) }) };
}

/** Bounds what overloads are worth in retries. @throws OptionError */
export function retryBudget(options: RetryBudgetOptions = {}): PolicyPart {
  checkRetryBudget('retryBudget', options);
  return { part: 'retryBudget', make: () => ({ retryBudget: retryBudgetPolicy(options) }) };
}

/** A breaker for each model, which tells of its changes, and refuses what may still be sent elsewhere instead of holding it. */
export function clientBreaker(options: BreakerOptions): Policy {
  const settings = resolveBreaker(options, clientBreakerDefaults);
  return breakerPolicy({
    settings,
    // Who says when it is to open means it.
    yields: options.window === undefined && options.failureThreshold === undefined,
    whenOpen: ({ hasAlternative }) => (hasAlternative ? 'fail' : settings.whenOpen),
    onChange: ({ service, from, to, because }, call) =>
      call && emit(call, { type: 'circuit-change', service, from, to, because }),
  });
}

/** Asks a model that is down by probes only. @throws OptionError */
export function breaker(options: BreakerOptions = {}): PolicyPart {
  checkBreakerOptions('breaker', options);
  return { part: 'breaker', make: () => ({ circuitBreaker: clientBreaker(options) }) };
}

/** Sends a second time what has had no answer for `hedgeAfterMs`. */
export const hedging = (): PolicyPart => ({
  part: 'hedging',
  make: ({ policies }) => ({ hedge: hedge(exchange => policies.quotaGate?.hasSlack?.(exchange) ?? true) }),
});
