/** A middleware for the AI SDK. */

import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Middleware } from '@ai-sdk/provider';
import { isProviderError, ProviderError } from '../../providers/providerError.ts';
import { providerOf } from '../../providers/providerOf.ts';
import { NoAnswer } from '../../providers/registry/noAnswer.ts';
import { resilient } from '../../providers/resilientFunction.ts';
import type { AttemptContext } from '../../resilience/attemptContext.ts';
import type { Failure } from '../../resilience/failure.ts';
import { nextTargetAfter } from '../../resilience/fallbackTarget.ts';
import type { Provider } from '../../resilience/provider.ts';
import { checked } from './judge.ts';
import { checkModelOptions, type ResilientModelOptions } from './modelOptions.ts';
import { peeked } from './peeked.ts';

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

/** An error as its SDK made it; ours where it is about a result. */
const own = (error: ProviderError): unknown => (error.cause instanceof NoAnswer ? error : error.cause);

/** What is too late to be asked again, as the error that it would have been. */
const shown = (cause: Error): unknown =>
  cause instanceof NoAnswer
    ? new ProviderError({ provider: errors.name, failure: cause.failure, attempts: [], cause })
    : cause;

interface Question {
  readonly model: LanguageModelV4;
  readonly params: LanguageModelV4CallOptions;
}

/** Asks a model; undefined: the one that is wrapped. */
type Ask<T> = (model: LanguageModelV4 | undefined, signal: AbortSignal) => Promise<T>;

/**
 * Asks one model after the other until one answers. The error of the first is thrown as its SDK made it: what to do about that is
 * what its user has to know.
 */
async function overModels<T>({ model, params }: Question, options: ResilientModelOptions, ask: Ask<T>): Promise<T> {
  const { fallbacks = [], maxRetries = 2, onFallback, onEvent, runtime } = options;
  const { abortSignal: signal } = params;
  const limits = { deadlineMs: unlimited, attemptTimeoutMs: unlimited, retry: { maxRetries } };
  const once = resilient(provider, { ...never, ...limits, onEvent, runtime, signal, operation: 'ai-sdk' });
  const targets = fallbacks.map(({ when = usual }) => ({ when }));
  const tried = new Set<number>();
  const failed: ProviderError[] = [];
  for (let at: LanguageModelV4 | undefined; ; ) {
    const asked = at;
    try {
      return await once((context: AttemptContext) => ask(asked, context.signal))();
    } catch (error) {
      if (signal?.aborted || !isProviderError(error)) throw error;
      failed.push(error);
      const failures = failed.map(({ failure }) => failure);
      const place = nextTargetAfter(failures, targets, tried);
      const next = place === undefined ? undefined : fallbacks[place]?.model;
      if (place === undefined || next === undefined) throw own(failed[0] ?? error);
      tried.add(place);
      tell(onFallback, (asked ?? model).modelId, next.modelId, error.failure);
      at = next;
    }
  }
}

/**
 * A middleware for `wrapLanguageModel`: what only results show (an empty answer, one that a filter stopped) is asked for again, and
 * other models answer where one cannot. A stream is judged up to its first content, and handed on unchanged.
 * @throws ProviderError (request / client-config) for a bad setting
 */
export function resilientModel(options: ResilientModelOptions = {}): LanguageModelV4Middleware {
  const settings = checkModelOptions(options);
  const holdsReasoning = settings.holdReasoning ?? false;
  return {
    specificationVersion: 'v4',
    wrapGenerate: ({ doGenerate, params, model }) =>
      overModels({ model, params }, settings, async other =>
        checked(await (other?.doGenerate(params) ?? doGenerate())),
      ),
    wrapStream: ({ doStream, params, model }) =>
      overModels({ model, params }, settings, async (other, signal) =>
        peeked(await (other?.doStream(params) ?? doStream()), { holdsReasoning, signal, shown }),
      ),
  };
}
