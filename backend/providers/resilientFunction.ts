import type { AttemptContext } from '../resilience/attemptContext.ts';
import { endCall } from '../resilience/emit.ts';
import { checkFunction, checkSignal, checkText } from '../resilience/optionError.ts';
import { startCall, startExchange } from '../resilience/policy.ts';
import type { Provider } from '../resilience/provider.ts';
import { standardPipeline } from '../resilience/standardPipeline.ts';
import { limitsOf } from './baseSettings.ts';
import { ProviderError } from './providerError.ts';
import { providerRetries } from './providerRetry.ts';
import { refusing } from './refusing.ts';
import { type ResilienceOptions, resilienceSettings } from './resilienceSettings.ts';

/** What a resilient function may be told. */
export interface ResilientFunctionOptions extends ResilienceOptions {
  /** The name of the work in events. @default the name of the function */
  readonly operation?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const rules = { operation: checkText, signal: checkSignal };

/**
 * Functions that ask a provider by themselves, through its whole pipeline: `resilient(embedded)(write)`. The function is given a
 * context first: which attempt this is, and a signal that ends with it.
 * @throws ProviderError for a bad setting; what it makes rejects with ProviderError, or with the signal's own reason
 */
export function resilient(provider: Provider, options: ResilientFunctionOptions = {}) {
  const settings = refusing(() => resilienceSettings(provider, options, rules));
  const { runtime, listener } = settings;
  const { signal } = options;
  const { deadlineMs, attemptTimeoutMs } = limitsOf(settings, {});
  const send = standardPipeline(providerRetries(provider, [settings.retry]), settings.policies);
  const target = { service: provider.name, scope: provider.name };
  return <A extends readonly unknown[], R>(work: (context: AttemptContext, ...given: A) => R | Promise<R>) => {
    refusing(() => checkFunction('work', work));
    const operation = options.operation ?? (work.name || 'operation');
    return async (...given: A): Promise<R> => {
      const call = startCall({ operation, runtime, listener, signal, deadlineMs });
      const classify = (error: unknown) => provider.classify(error, runtime.wallClock());
      const bounds = { classify, attemptTimeoutMs };
      const exchange = startExchange<R>(call, true, context => work(context, ...given), bounds, target);
      const outcome = await send(exchange);
      if (outcome.ok) endCall(call, 'success');
      else endCall(call, signal?.aborted ? 'aborted' : 'failure', outcome.failure);
      if (outcome.ok) return outcome.value;
      if (signal?.aborted) throw signal.reason;
      const { failure, error: cause } = outcome;
      const { retryAtMs } = exchange;
      const retryAt = retryAtMs === undefined ? undefined : new Date(retryAtMs);
      throw new ProviderError({ provider: provider.name, failure, attempts: call.attempts, cause, retryAt });
    };
  };
}
