/** The public surface of geminicore. */

export { retryLine } from './adapters/debugLog.ts';
export type {
  ApiCallOptions,
  CallOptions,
  EmbedOptions,
  LlmOptions,
  LlmQuestion,
  LlmRequest,
} from './gemini/callSettings.ts';
export type { Chat } from './gemini/chats/chat.ts';
export type { ChatExport } from './gemini/chats/chatHistory.ts';
export type { ChatOptions } from './gemini/chats/chatOptions.ts';
export type { ChatMessage } from './gemini/chats/chatTurn.ts';
export { defaultModel, type GeminiCoreOptions } from './gemini/clientSettings.ts';
export type { ApiCallContext } from './gemini/doors/apiCallContext.ts';
export { ErrorUtils, GoogleApiErrorHandler } from './gemini/errorUtils.ts';
export type { FilePart, FileSource } from './gemini/files/givenFile.ts';
export type { FilePrompt, Prompt, PromptPart, PromptTurn } from './gemini/files/givenParts.ts';
export type { UploadedFile } from './gemini/files/uploadedFile.ts';
export type { UploadProgress } from './gemini/files/uploading.ts';
export type { UploadOptions } from './gemini/files/uploadOptions.ts';
export { geminiBackend } from './gemini/geminiBackend.ts';
export { GeminiCore } from './gemini/geminiCore.ts';
export {
  GeminiError,
  type GeminiErrorDetails,
  isGeminiError,
  type Resumed,
  type StreamState,
} from './gemini/geminiError.ts';
export { geminiOpenAiProvider, geminiProvider, vertexProvider } from './gemini/geminiProviders.ts';
export type { GeminiLive } from './gemini/live/geminiLive.ts';
export { type LiveOptions, liveDefaults } from './gemini/live/liveOptions.ts';
export type { LiveSession } from './gemini/live/liveSession.ts';
export type {
  LiveCallbacks,
  LiveCloseEvent,
  LiveEnd,
  LiveErrorEvent,
  LiveMessage,
  LiveParameters,
  LiveResumption,
  LiveState,
} from './gemini/live/liveTypes.ts';
export { policies } from './gemini/policies.ts';
export { type GeminiFailure, type GeminiReason, reasonsByClass } from './gemini/reasons.ts';
export type {
  CallHistory,
  CountTokensResult,
  EmbedResult,
  LlmChunk,
  LlmResult,
  LlmStreamResult,
} from './gemini/results.ts';
export { defaultFallbackReasons, type GeminiFallback } from './gemini/retarget/fallbackTargets.ts';
export { type ExecuteOptions, RetryMechanism, type RetryMechanismOptions } from './gemini/retryMechanism.ts';
export { type RetryOnFailureOptions, retryOnFailure } from './gemini/retryOnFailure.ts';
export { defaultStrategy, geminiStrategies, strategyFor } from './gemini/retryStrategies.ts';
export type { FellBack } from './gemini/seam/geminiCall.ts';
export { type CallLimits, defaultLimits } from './gemini/settings/callLimits.ts';
export type { Environment } from './gemini/settings/environment.ts';
export type { PolicyOptions } from './gemini/settings/policySettings.ts';
export type { RemedyOptions } from './gemini/settings/remedyOptions.ts';
export {
  NO_RETRY,
  type RetryConfig,
  type RetryOptions,
  type RetryRule,
  STANDARD_RETRY,
  STREAMING_RETRY,
} from './gemini/settings/retryConfig.ts';
export type { LlmStream } from './gemini/streams/llmStream.ts';
export type { StreamOptions } from './gemini/streams/openStream.ts';
export type { Issue } from './gemini/structured/issues.ts';
export type { JsonChunk, JsonOptions, JsonResult } from './gemini/structured/jsonResults.ts';
export type {
  DeepPartial,
  InputOf,
  JsonSchema,
  OutputOf,
  SchemaPair,
  SchemaSource,
  StandardSchema,
  TypedJsonSchema,
} from './gemini/structured/standardSchema.ts';
export { type ThroughOptions, through } from './gemini/through.ts';
export { defineTool, type Tool, type ToolContext, type Tools } from './gemini/tools/tool.ts';
export type { ToolOptions } from './gemini/tools/toolQuestion.ts';
export type { ToolCall, ToolStep, ToolsResult } from './gemini/tools/toolResults.ts';
export {
  type Retried,
  type RetryContext,
  type RetryWrapper,
  type RetryWrapperSync,
  withRetryBackoff,
  withRetryBackoffSync,
} from './gemini/withRetryBackoff.ts';
export type { Attempt } from './resilience/attempt.ts';
export type { AttemptContext } from './resilience/attemptContext.ts';
export { type BreakerOptions, breakerDefaults, clientBreakerDefaults } from './resilience/breaker/breakerOptions.ts';
export { CircuitBreaker, type CircuitBreakerOptions } from './resilience/breaker/circuitBreaker.ts';
export { CircuitOpenError } from './resilience/breaker/circuitOpenError.ts';
export { circuitBreaker } from './resilience/breaker/circuitWrapper.ts';
export type { EventListener, GiveUpCause, ResilienceEvent } from './resilience/events.ts';
export {
  type Delivery,
  type ErrorClass,
  errorClasses,
  type Failure,
  type QuotaViolation,
  type QuotaWindow,
  type Refuser,
} from './resilience/failure.ts';
export type { ConcurrencyOptions } from './resilience/load/concurrency.ts';
export type { RetryBudgetOptions } from './resilience/load/retryBudget.ts';
export { pipeline } from './resilience/pipeline.ts';
export type { Call, Exchange, Policy, Send, Target } from './resilience/policy.ts';
export type { QuotaGateOptions } from './resilience/quota/quotaGate.ts';
export type { Jitter, Strategy } from './resilience/strategy.ts';
export { createRuntime, type Runtime, systemRuntime } from './resilience/wholeRuntime.ts';
