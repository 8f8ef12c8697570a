import { kindIs, messageIs, type Rule } from './classification/rules.ts';
import { providerOf } from './providerOf.ts';
import { openAiQuotas, openAiViolations } from './rateLimitHeaders.ts';
import { repeatableRequest } from './repeatableRequest.ts';
import { openAiEvent } from './streamSigns.ts';

/** Kinds of errors of the Chat Completions and Responses APIs which their status does not tell. */
export const openAiRules: readonly Rule[] = [
  // More than the limit of a minute does not fit in the next one either.
  messageIs('above-limit', 'payload-too-large', /request too large for/i),
  kindIs('billing', 'quota-billing', 'insufficient_quota', 'billing_hard_limit_reached'),
  // Google's, whose words for any quota are those of a spent credit elsewhere.
  kindIs('exhausted', 'quota-unspecified', 'RESOURCE_EXHAUSTED'),
  kindIs('model', 'model-not-found', 'model_not_found'),
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
