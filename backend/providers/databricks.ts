import { kindIs, statusIs } from './classification/rules.ts';
import { openAiRules } from './openai.ts';
import { providerOf } from './providerOf.ts';
import { repeatableRequest } from './repeatableRequest.ts';
import { openAiEvent } from './streamSigns.ts';

/** Databricks serving endpoints. One that was scaled to zero answers 503 or 504 until it is up, which takes minutes. */
export const databricks = providerOf({
  name: 'databricks',
  rules: [
    kindIs('rate-limit', 'quota-per-minute', 'REQUEST_LIMIT_EXCEEDED', 'RESOURCE_EXHAUSTED'),
    kindIs('endpoint', 'model-not-found', 'RESOURCE_DOES_NOT_EXIST', 'ENDPOINT_NOT_FOUND'),
    statusIs('scaling-up', 'model-loading', [503, 504], /scal(?:ed|ing)|starting|not ready|provision|cold start/i),
    ...openAiRules,
  ],
  advice: {
    'model-loading': 'The endpoint is scaling up: wait for it, or keep one instance running (scale to zero off).',
    'model-not-found': 'Check the name of the serving endpoint and the workspace.',
  },
  strategies: {
    'model-loading': { retries: 20, baseMs: 5_000, maxMs: 30_000, growth: 1.5, jitter: 'equal' },
    deadline: { retries: 5, baseMs: 5_000, maxMs: 30_000, growth: 1.5, jitter: 'equal' },
  },
  repeatable: repeatableRequest(/\/(?:invocations|responses|messages)\/?$/),
  readEvent: openAiEvent,
  marksEnd: true,
});
