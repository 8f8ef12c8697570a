/** The public surface of geminicore/fetch: a resilient fetch for every SDK, and the providers that it knows. */

export { anthropic } from './providers/anthropic.ts';
export type { ProviderFailure } from './providers/classification/providerFailure.ts';
export type { ProviderReason } from './providers/classification/reasons.ts';
export type { Rule, RuleTest } from './providers/classification/rules.ts';
export type { WireFacts } from './providers/classification/wireFacts.ts';
export { databricks } from './providers/databricks.ts';
export { defineProvider } from './providers/defineProvider.ts';
export { embedded } from './providers/embedded.ts';
export {
  failureOf,
  isAuthError,
  isNetworkError,
  isRateLimitError,
  isRequestError,
  isRetryableError,
  isServerError,
  type UnderstoodError,
} from './providers/errorGuards.ts';
export type { FetchCallOptions } from './providers/fetch/callHeaders.ts';
export {
  type ComposedFetchOptions,
  composeFetch,
  type ResilientFetch,
} from './providers/fetch/composeFetch.ts';
export { type FetchesByHost, fetchByHost } from './providers/fetch/fetchByHost.ts';
export type { FetchPart } from './providers/fetch/fetchParts.ts';
export { breaker, concurrency, hedging, quota, retryBudget, sdkRetries } from './providers/fetch/namedParts.ts';
export { createResilientFetch, type ResilientFetchOptions } from './providers/fetch/resilientFetch.ts';
export { lyzr } from './providers/lyzr.ts';
export { ollama } from './providers/ollama.ts';
export { openAiCompatible, openai } from './providers/openai.ts';
export { isProviderError, ProviderError, type ProviderErrorDetails } from './providers/providerError.ts';
export type { ProviderDefinition } from './providers/providerOf.ts';
export type { ProviderRetryOptions, ProviderRetryRule } from './providers/providerRetry.ts';
export type { ResilienceOptions } from './providers/resilienceSettings.ts';
export { type ResilientFunctionOptions, resilient } from './providers/resilientFunction.ts';
export type { Provider } from './resilience/provider.ts';
export type { QuotaReport } from './resilience/quotaReport.ts';
export type { OpenChoices, StreamSign } from './resilience/streamSign.ts';
export { createRuntime, type Runtime } from './resilience/wholeRuntime.ts';
