import { kindIs, type Rule, statusIs } from './classification/rules.ts';
import { providerOf } from './providerOf.ts';
import { openAiQuotas, openAiViolations } from './rateLimitHeaders.ts';
import { repeatableRequest } from './repeatableRequest.ts';
import { openAiEvent } from './streamSigns.ts';

/** Kinds of errors of the Chat Completions and Responses APIs. A spent credit and a rate both come as 429. */
export const openAiRules: readonly Rule[] = [
  kindIs(
    'insufficient-quota',
    'quota-billing',
    'insufficient_quota',
    'billing_hard_limit_reached',
    'billing_not_active',
    'credit_balance_exhausted',
  ),
  statusIs('requests-per-day', 'quota-per-day', [429], /per day \((?:RPD|TPD)\)/i),
  kindIs('rate-limit', 'quota-per-minute', 'rate_limit_exceeded', 'rate_limit_error'),
  kindIs('context-length', 'context-too-long', 'context_length_exceeded', 'string_above_max_length'),
  kindIs('content-policy', 'blocked-content', 'content_filter', 'content_policy_violation', 'invalid_prompt'),
  kindIs('key', 'key-invalid', 'invalid_api_key', 'account_deactivated'),
  kindIs('model', 'model-not-found', 'model_not_found'),
  kindIs('country', 'region-blocked', 'unsupported_country_region_territory'),
  kindIs('server-error', 'internal', 'server_error'),
  kindIs('overloaded', 'overloaded', 'overloaded', 'engine_overloaded', 'slow_down'),
];

/** OpenAI: chat completions, responses, embeddings, files and all else of its API. */
export const openai = providerOf({
  name: 'openai',
  rules: openAiRules,
  repeatable: repeatableRequest(/\/responses\/?$/),
  violations: openAiViolations,
  quotasIn: openAiQuotas,
  readEvent: openAiEvent,
  marksEnd: true,
});

/** Any service that speaks OpenAI's protocol: Groq, Mistral, DeepSeek, OpenRouter, vLLM, LM Studio. */
export const openAiCompatible = providerOf({
  name: 'openai-compatible',
  rules: openAiRules,
  repeatable: repeatableRequest(/\/(?:responses|messages)\/?$/),
  violations: openAiViolations,
  quotasIn: openAiQuotas,
  readEvent: openAiEvent,
  // Not all of them send [DONE], but then a finish reason.
  marksEnd: true,
});
