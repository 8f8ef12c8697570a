import type { ErrorClass } from '../resilience/failure.ts';
import type { Provider } from '../resilience/provider.ts';
import type { RetryOptions } from '../resilience/retryRun.ts';
import {
  checkRetrySettings,
  overLayers,
  type RetryRuleOf,
  type RetrySettings,
  rulesOver,
} from '../resilience/retrySettings.ts';
import type { Strategy } from '../resilience/strategy.ts';
import type { ProviderReason } from './classification/reasons.ts';
import { hasRetried } from './providerError.ts';

/** The words that are known, and those that only some provider knows. */
type Reason = ProviderReason | (string & Record<never, never>);

/** A failure by class, by reason, or by a test of the caller's own. */
export type ProviderRetryRule = RetryRuleOf<Reason>;

/** Retry settings. A flat number is meant for every retryable class; a class of its own wins over it. */
export interface ProviderRetryOptions extends RetrySettings<Reason> {}

/** `knowsReason`: is it a reason of this provider's? @throws OptionError that names the field, the value and the allowed range */
export const checkProviderRetry = (
  field: string,
  value: unknown,
  knowsReason: Provider['knowsReason'],
): ProviderRetryOptions => checkRetrySettings(field, value, knowsReason);

/** For what a rule of the caller's own accepts. */
const acceptedRow: Strategy = { retries: 3, baseMs: 1_000, maxMs: 30_000, growth: 2, jitter: 'full' };

const rowOf = (errorClass: ErrorClass): 'quota' | 'server' | 'network' | undefined =>
  errorClass === 'auth' || errorClass === 'request' ? undefined : errorClass;

/** What the retry policy is told: the provider's rows, with the caller's numbers over them. `layers`: lowest first. */
export function providerRetries(provider: Provider, layers: readonly ProviderRetryOptions[]): RetryOptions {
  return {
    strategyFor: (failure, verdict) => {
      const name = rowOf(failure.errorClass);
      if (verdict === 'retry' && (!failure.retryable || name === undefined))
        return overLayers(layers, 'default', acceptedRow);
      const row = provider.strategyFor(failure);
      return name === undefined ? row : overLayers(layers, name, row);
    },
    ...rulesOver(layers),
    alreadyRetried: hasRetried,
  };
}
