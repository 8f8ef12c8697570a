/** The 429 of a spent quota, in the service's own words and shape. */

import type { Chunk } from './answer.ts';

/** The quotas that are kept. */
export type QuotaKind = 'requests-per-minute' | 'input-tokens-per-minute' | 'requests-per-day';

/** A quota that is spent. */
export interface Violation {
  readonly kind: QuotaKind;
  readonly limit: number;
}

const metricPrefix = 'generativelanguage.googleapis.com/';

const names: Readonly<Record<QuotaKind, { readonly metric: string; readonly id: string }>> = {
  'requests-per-minute': {
    metric: `${metricPrefix}generate_content_free_tier_requests`,
    id: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
  },
  'input-tokens-per-minute': {
    metric: `${metricPrefix}generate_content_free_tier_input_token_count`,
    id: 'GenerateContentInputTokensPerModelPerMinute-FreeTier',
  },
  'requests-per-day': {
    metric: `${metricPrefix}generate_content_free_tier_requests`,
    id: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
  },
};

const intro =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. ';

/** What the service says when quotas of a model are spent. */
export interface Spent {
  readonly violations: readonly Violation[];
  readonly model: string;
  readonly location: string;
  /** Milliseconds; the text states it with fractions, RetryInfo cut to whole seconds, as the service does. */
  readonly retryMs: number;
}

/** The body of the 429: Help, QuotaFailure and RetryInfo, and the same once more as text. */
export function quotaErrorBody({ violations, model, location, retryMs }: Spent): Chunk {
  const lines = violations.map(
    ({ kind, limit }) => `\n* Quota exceeded for metric: ${names[kind].metric}, limit: ${limit}, model: ${model}`,
  );
  const seconds = retryMs / 1000;
  const stated = violations.map(({ kind, limit }) => ({
    quotaMetric: names[kind].metric,
    quotaId: names[kind].id,
    quotaDimensions: { location, model },
    quotaValue: String(limit),
  }));
  return {
    error: {
      code: 429,
      message: `${intro}${lines.join('')}\nPlease retry in ${seconds}s.`,
      status: 'RESOURCE_EXHAUSTED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.Help',
          links: [
            {
              description: 'Learn more about Gemini API quotas',
              url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
            },
          ],
        },
        { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: stated },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.floor(seconds)}s` },
      ],
    },
  };
}
