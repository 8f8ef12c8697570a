import { attemptOnce } from './attemptOnce.ts';
import { pipeline } from './pipeline.ts';
import type { Exchange, Policy, Send } from './policy.ts';
import type { QuotaReading } from './quota/quotaGate.ts';
import { retry } from './retry.ts';
import type { RetryOptions } from './retryRun.ts';

/** The policies of a pipeline. Their state is their own: pipelines that share a policy share what it learns. */
export interface StandardPolicies {
  readonly fallback?: Policy | undefined;
  readonly hedge?: Policy | undefined;
  readonly retryBudget?: Policy | undefined;
  readonly quotaGate?: (Policy & { readonly hasSlack?: (exchange: Exchange) => boolean }) | undefined;
  readonly concurrency?: Policy | undefined;
  readonly circuitBreaker?: Policy | undefined;
}

/** What the policies of one client are made with. */
export interface PartContext {
  /** How the gate reads the quotas of this API. */
  readonly quotaReading: QuotaReading;
  /** All of the client's policies, once they are made. */
  readonly policies: StandardPolicies;
}

/** A policy that calls share, by itself: a program that names only some is loaded without the others. */
export interface PolicyPart {
  /** As its option is called. */
  readonly part: string;
  readonly make: (context: PartContext) => StandardPolicies;
}

/** The policies of one client from its parts, with nothing learned yet. */
export function policiesOf(parts: readonly PolicyPart[], quotaReading: QuotaReading): StandardPolicies {
  const policies: StandardPolicies = {};
  for (const { make } of parts) Object.assign(policies, make({ quotaReading, policies }));
  return policies;
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
