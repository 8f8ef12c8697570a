import { type CallLimits, limitRanges, mergeLimits, type ResolvedLimits } from '../resilience/callLimits.ts';
import type { EventListener } from '../resilience/events.ts';
import { checkFunction } from '../resilience/optionError.ts';
import { checkOptions, type OptionRules } from '../resilience/optionRules.ts';
import type { Provider } from '../resilience/provider.ts';
import type { AsyncRuntime } from '../resilience/runtime.ts';
import { checkProviderRetry, type ProviderRetryOptions } from './providerRetry.ts';

/** What everything that asks a provider may be told. */
export interface BaseOptions extends CallLimits {
  /** Numbers for all retryable classes, or for one; rules of your own. */
  readonly retry?: ProviderRetryOptions | undefined;
  /** Told of everything that happens to every call. What it throws is ignored. */
  readonly onEvent?: EventListener | undefined;
}

/** The same, checked and resolved. */
export interface BaseSettings {
  readonly runtime: AsyncRuntime;
  readonly limits: readonly CallLimits[];
  readonly retry: ProviderRetryOptions;
  readonly listener: EventListener | undefined;
}

/**
 * Checks and resolves what everything that asks a provider has in common.
 * @param more what else is allowed, with its rule
 * @throws OptionError
 */
export function baseSettings(
  provider: Provider,
  options: BaseOptions,
  more: OptionRules,
): Omit<BaseSettings, 'runtime'> {
  const retry = (field: string, value: unknown) => checkProviderRetry(field, value, provider.knowsReason);
  const rules = { ...limitRanges, retry, onEvent: checkFunction, ...more };
  checkOptions('options', options, rules);
  return {
    limits: [provider.limits, options],
    retry: options.retry ?? {},
    listener: options.onEvent,
  };
}

/** The limits of one call over those that hold for all. */
export const limitsOf = ({ limits }: Pick<BaseSettings, 'limits'>, call: CallLimits): ResolvedLimits =>
  mergeLimits([...limits, call]);
