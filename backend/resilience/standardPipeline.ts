import { attemptOnce } from './attemptOnce.ts';
import { pipeline } from './pipeline.ts';
import type { Policy, Send } from './policy.ts';
import { retry } from './retry.ts';
import type { RetryOptions } from './retryRun.ts';

/** The policies of a pipeline. Their state is their own: pipelines that share a policy share what it learns. */
export interface StandardPolicies {
  readonly fallback?: Policy | undefined;
  readonly hedge?: Policy | undefined;
  readonly retryBudget?: Policy | undefined;
  readonly quotaGate?: Policy | undefined;
  readonly concurrency?: Policy | undefined;
  readonly circuitBreaker?: Policy | undefined;
}

const present = (policy: Policy | undefined): policy is Policy => policy !== undefined;

/**
 * The one expression that fixes the order of the policies, outermost first. The breaker comes last, because an outage may begin
 * while a call waits for its quota or its place. Without options for retries, everything is sent once.
 */
export function standardPipeline(retries: RetryOptions | undefined, policies: StandardPolicies = {}): Send {
  const { fallback, hedge, retryBudget, quotaGate, concurrency, circuitBreaker } = policies;
  const order = [fallback, retries && retry(retries), hedge, retryBudget, quotaGate, concurrency, circuitBreaker];
  return pipeline(...order.filter(present))(attemptOnce);
}
