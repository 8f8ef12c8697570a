/** A middleware for the AI SDK. */

import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Middleware } from '@ai-sdk/provider';
import { isProviderError } from '../../providers/providerError.ts';
import { providerOf } from '../../providers/providerOf.ts';
import { resilient } from '../../providers/resilientFunction.ts';
import type { EventListener } from '../../resilience/events.ts';
import type { ErrorClass, Failure } from '../../resilience/failure.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { Runtime } from '../../resilience/runtime.ts';
import { checked, NoAnswer } from './judge.ts';
import { peeked } from './peeked.ts';

/** Another model, and what it is asked after. */
export interface ModelFallback {
  readonly model: LanguageModelV4;
  /** Error classes or reasons. @default quota, server, network, model-not-found, blocked-content */
  readonly when?: readonly (ErrorClass | string)[] | undefined;
}

/** Settings of the middleware. */
export interface ResilientModelOptions {
  /** Retries of a result that is no answer: an integer from 0 to 1,000. Errors are the fetch's to retry. @default 2 */
  readonly maxRetries?: number | undefined;
  /** Asked in their order where a model fails. */
  readonly fallbacks?: readonly ModelFallback[] | undefined;
  /** Told that another model is asked, and why. What it throws is ignored. */
  readonly onFallback?: ((from: string, to: string, failure: Failure) => void) | undefined;
  readonly onEvent?: EventListener | undefined;
  /** Clock, chance and sleep; what is left out is the system's. */
  readonly runtime?: Partial<Runtime> | undefined;
}

const usual = ['quota', 'server', 'network', 'model-not-found', 'blocked-content'];

const errors = providerOf({ name: 'ai-sdk' });

/** Only results are retried here: an error has come through the fetch, which has had its retries. */
const provider: Provider = {
  ...errors,
  classify: caught => (caught instanceof NoAnswer ? caught.failure : { ...errors.classify(caught), retryable: false }),
};

const never = { quota: false, concurrency: false, retryBudget: false, breaker: false } as const;
const unlimited = Number.POSITIVE_INFINITY;

function tell(
  onFallback: ResilientModelOptions['onFallback'],
  ...[from, to, failure]: [string, string, Failure]
): void {
  try {
    onFallback?.(from, to, failure);
  } catch {
    // What a listener throws must not cost the caller an answer.
  }
}

/** Asks one model after the other until one answers. The last error is thrown as its SDK made it. */
async function overModels<T>(
  { model, params }: { readonly model: LanguageModelV4; readonly params: LanguageModelV4CallOptions },
  { fallbacks = [], maxRetries = 2, onFallback, onEvent, runtime }: ResilientModelOptions,
  ask: (model: LanguageModelV4 | undefined) => Promise<T>,
): Promise<T> {
  const options = {
    ...never,
    deadlineMs: unlimited,
    attemptTimeoutMs: unlimited,
    retry: { maxRetries },
    onEvent,
    runtime,
  };
  const once = resilient(provider, { ...options, signal: params.abortSignal, operation: 'ai-sdk' });
  let from = model.modelId;
  for (let next: LanguageModelV4 | undefined, place = 0; ; place += 1) {
    const asked = next;
    try {
      return await once(() => ask(asked))();
    } catch (error) {
      const fallback = fallbacks[place];
      const failure = isProviderError(error) ? error.failure : undefined;
      const when = fallback?.when ?? usual;
      const fits = failure !== undefined && (when.includes(failure.errorClass) || when.includes(failure.reason));
      if (fallback === undefined || !fits)
        throw isProviderError(error) && !(error.cause instanceof NoAnswer) ? error.cause : error;
      tell(onFallback, from, fallback.model.modelId, failure);
      next = fallback.model;
      from = fallback.model.modelId;
    }
  }
}

/**
 * A middleware for `wrapLanguageModel`: what only results show (an empty answer, one that a filter stopped) is asked for again, and
 * other models answer where one cannot. A stream is judged up to its first content, and handed on unchanged.
 */
export function resilientModel(options: ResilientModelOptions = {}): LanguageModelV4Middleware {
  return {
    specificationVersion: 'v4',
    wrapGenerate: ({ doGenerate, params, model }) =>
      overModels({ model, params }, options, async other => checked(await (other?.doGenerate(params) ?? doGenerate()))),
    wrapStream: ({ doStream, params, model }) =>
      overModels({ model, params }, options, async other => peeked(await (other?.doStream(params) ?? doStream()))),
  };
}
