import type { BreakerOptions } from '../../resilience/breaker/breakerOptions.ts';
import type { ConcurrencyOptions } from '../../resilience/load/concurrency.ts';
import type { RetryBudgetOptions } from '../../resilience/load/retryBudget.ts';
import { checkFunction } from '../../resilience/optionError.ts';
import { checkOptions } from '../../resilience/optionRules.ts';
import * as parts from '../../resilience/policyParts.ts';
import type { QuotaGateOptions } from '../../resilience/quota/quotaGate.ts';
import { refusing } from '../refusing.ts';
import type { FetchPart } from './fetchParts.ts';
import { reading } from './policyReading.ts';
import { type SdkRetriesOptions, sdkModes, sdkRetries as sdkRetriesPart } from './sdkRetries.ts';

/** Waits until there is quota, and paces what goes out. @throws ProviderError (request / client-config) for a bad setting */
export const quota = (options?: QuotaGateOptions): FetchPart => refusing(() => reading(parts.quota(options)));

/** Asks a model less at once while it is overloaded. @throws ProviderError (request / client-config) for a bad setting */
export const concurrency = (options?: ConcurrencyOptions): FetchPart =>
  refusing(() => reading(parts.concurrency(options)));

/** Bounds what overloads are worth in retries. @throws ProviderError (request / client-config) for a bad setting */
export const retryBudget = (options?: RetryBudgetOptions): FetchPart =>
  refusing(() => reading(parts.retryBudget(options)));

/** Asks a model that is down by probes only. @throws ProviderError (request / client-config) for a bad setting */
export const breaker = (options?: BreakerOptions): FetchPart => refusing(() => reading(parts.breaker(options)));

/** Sends a second time what has had no answer for `hedgeAfterMs`, which a fetch without this part does not heed. */
export const hedging = (): FetchPart => reading(parts.hedging());

const sdkRules = { mode: sdkModes, onWarning: checkFunction };

/**
 * Notices SDKs that repeat by themselves, warns once, and gives what was given up the same end again.
 * @throws ProviderError (request / client-config) for a bad setting
 */
export const sdkRetries = (options: SdkRetriesOptions = {}): FetchPart =>
  refusing(() => sdkRetriesPart(checkOptions('sdkRetries', options, sdkRules)));
