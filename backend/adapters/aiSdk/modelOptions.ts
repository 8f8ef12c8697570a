import type { LanguageModelV4 } from '@ai-sdk/provider';
import { refusing } from '../../providers/refusing.ts';
import { checkWhen } from '../../providers/registry/registration.ts';
import type { EventListener } from '../../resilience/events.ts';
import type { ErrorClass, Failure } from '../../resilience/failure.ts';
import { checkFunction, checkObject, OptionError, show } from '../../resilience/optionError.ts';
import { checkOptions, onOrOff } from '../../resilience/optionRules.ts';
import { retryRanges } from '../../resilience/retryConfig.ts';
import { checkRuntime, type Runtime } from '../../resilience/wholeRuntime.ts';

/** Another model, and what it is asked after. */
export interface ModelFallback {
  readonly model: LanguageModelV4;
  /**
   * Error classes or reasons, of the model that was asked first or of one that was asked after it.
   * @default quota, server, network, model-not-found, blocked-content
   */
  readonly when?: readonly (ErrorClass | string)[] | undefined;
}

/** Settings of the middleware. */
export interface ResilientModelOptions {
  /** Retries of a result that is no answer: an integer from 0 to 1,000. Errors are the fetch's to retry. @default 2 */
  readonly maxRetries?: number | undefined;
  /** Asked in their order where a model fails. */
  readonly fallbacks?: readonly ModelFallback[] | undefined;
  /**
   * Whether the reasoning of a stream is held back until its answer begins. `false`: it is shown as it comes, and an answer that stays
   * empty after it ends in an error part; `true`: such an answer is asked for again, and nobody has seen anything. @default false
   */
  readonly holdReasoning?: boolean | undefined;
  /** Told that another model is asked, and why. What it throws is ignored. */
  readonly onFallback?: ((from: string, to: string, failure: Failure) => void) | undefined;
  readonly onEvent?: EventListener | undefined;
  /** Clock, chance and sleep; what is left out is the system's. */
  readonly runtime?: Partial<Runtime> | undefined;
}

const specification = 'v4';

function checkModel(field: string, value: unknown): void {
  const allowed = `a language model of specification ${specification} (wrapLanguageModel makes one of an older model)`;
  if (typeof value !== 'object' || value === null) throw new OptionError(field, show(value), allowed);
  const version: unknown = Reflect.get(value, 'specificationVersion');
  const isModel = ['doGenerate', 'doStream'].every(name => typeof Reflect.get(value, name) === 'function');
  if (!isModel) throw new OptionError(field, 'no language model', allowed);
  if (version !== specification) throw new OptionError(field, `one of ${show(version)}`, allowed);
}

function checkFallbacks(field: string, value: unknown): void {
  if (!Array.isArray(value)) throw new OptionError(field, show(value), 'an array');
  for (const [place, fallback] of value.entries()) {
    const { model, when } = checkObject<ModelFallback>(`${field}[${place}]`, fallback, new Set(['model', 'when']));
    checkModel(`${field}[${place}].model`, model);
    if (when !== undefined) checkWhen(`${field}[${place}].when`, when);
  }
}

const rules = {
  maxRetries: retryRanges.maxRetries,
  fallbacks: checkFallbacks,
  holdReasoning: onOrOff,
  onFallback: checkFunction,
  onEvent: checkFunction,
  runtime: checkRuntime,
};

/** The options, if each is what it may be. @throws ProviderError (request / client-config) */
export const checkModelOptions = (options: unknown): ResilientModelOptions =>
  refusing(() => checkOptions<ResilientModelOptions>('options', options, rules));
