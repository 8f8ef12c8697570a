import { checkRetrySettings, type RetryRuleOf, type RetrySettings } from '../../resilience/retrySettings.ts';
import { type GeminiReason, isGeminiReason } from '../reasons.ts';

export { jitters, type RetryConfig, retryRanges, rowNames } from '../../resilience/retryConfig.ts';

/** A failure by class, by reason, or by a test of the caller's own. */
export type RetryRule = RetryRuleOf<GeminiReason>;

/** Retry settings of a client or of one call. A flat number is meant for every retryable class; a class of its own wins over it. */
export interface RetryOptions extends RetrySettings<GeminiReason> {}

/** The table as it stands. */
export const STANDARD_RETRY: RetryOptions = Object.freeze({});

/** For streams that a person watches: short waits, few of them. */
export const STREAMING_RETRY: RetryOptions = Object.freeze({ maxRetries: 2, baseDelayMs: 1_000, maxDelayMs: 10_000 });

/** One attempt. */
export const NO_RETRY: RetryOptions = Object.freeze({ maxRetries: 0 });

/** @throws OptionError that names the field, the value and the allowed range */
export const checkRetryOptions = (field: string, value: unknown): RetryOptions =>
  checkRetrySettings(field, value, isGeminiReason);
