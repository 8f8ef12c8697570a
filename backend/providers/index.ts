/** The public surface of geminicore/providers: one small request for all providers, by name. */

export {
  failureOf,
  isAuthError,
  isNetworkError,
  isRateLimitError,
  isRequestError,
  isRetryableError,
  isServerError,
  type UnderstoodError,
} from './errorGuards.ts';
export { isProviderError, ProviderError, type ProviderErrorDetails } from './providerError.ts';
export type { AskOptions } from './registry/asking.ts';
export type { Backend, FunctionBackend, HttpBackend, WireRequest } from './registry/backend.ts';
export {
  anthropicBackend,
  type BackendOptions,
  functionBackend,
  ollamaBackend,
  openAiBackend,
} from './registry/backends.ts';
export type {
  Completion,
  CompletionMessage,
  CompletionPiece,
  CompletionRequest,
  CompletionUsage,
  Question,
  WirePiece,
} from './registry/completion.ts';
export type { CompleteOptions, RegistryStep } from './registry/journey.ts';
export {
  ProviderRegistry,
  type ProviderRegistryOptions,
  type RegistryResult,
} from './registry/providerRegistry.ts';
export type { ProviderRegistration, RegistryFallback } from './registry/registration.ts';
