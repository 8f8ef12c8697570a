import { type CallLimits, limitRanges, mergeLimits, type ResolvedLimits } from '../../resilience/callLimits.ts';
import { createPolicies, type PolicyOptions, policyRules } from '../../resilience/clientPolicies.ts';
import type { EventListener } from '../../resilience/events.ts';
import { checkFunction, checkObject } from '../../resilience/optionError.ts';
import { checkGiven, type OptionRules, onOrOff } from '../../resilience/optionRules.ts';
import type { Provider } from '../../resilience/provider.ts';
import { checkRuntime, createRuntime, type Runtime } from '../../resilience/runtime.ts';
import type { StandardPolicies } from '../../resilience/standardPipeline.ts';
import { systemTransport, type Transport } from '../../resilience/transport.ts';
import { checkProviderRetry, type ProviderRetryOptions } from '../providerRetry.ts';

/** What a resilient fetch, or a resilient function, may be told. Everything may be left out. */
export interface ResilienceOptions extends CallLimits, PolicyOptions {
  /** Numbers for all retryable classes, or for one; rules of your own. */
  readonly retry?: ProviderRetryOptions | undefined;
  /** Clock, chance and sleep; what is left out is the system's. */
  readonly runtime?: Partial<Runtime> | undefined;
  /** Told of everything that happens to every call. What it throws is ignored. */
  readonly onEvent?: EventListener | undefined;
}

/** What a resilient fetch may be told. */
export interface ResilientFetchOptions extends ResilienceOptions {
  /** What really sends. @default the platform's fetch */
  readonly fetch?: Transport | undefined;
  /**
   * What is done about an SDK that repeats by itself what was given up: `absorb` gives it the same end again without sending, `send`
   * treats each repetition as a new request. @default 'absorb'
   */
  readonly sdkRetries?: 'absorb' | 'send' | undefined;
  /** Told once that an SDK repeats by itself, with the setting that turns it off. @default console.warn */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** May requests be sent again although they may have been carried out? @default as the provider says, by method and path */
  readonly repeatable?: boolean | undefined;
}

/** Options, checked and resolved. */
export interface ResilienceSettings {
  readonly runtime: Runtime;
  readonly limits: readonly CallLimits[];
  readonly policies: StandardPolicies;
  readonly retry: ProviderRetryOptions;
  readonly listener: EventListener | undefined;
}

/** The same for a fetch. */
export interface FetchSettings extends ResilienceSettings {
  readonly transport: Transport;
  readonly absorbs: boolean;
  readonly warn: (message: string) => void;
  readonly repeatable: boolean | undefined;
}

/** Known by their own names, wherever they are given. */
const sharedRules = { ...policyRules, runtime: checkRuntime };

const ownRules = { ...limitRanges, retry: checkProviderRetry, onEvent: checkFunction };

const fetchRules = {
  fetch: checkFunction,
  sdkRetries: ['absorb', 'send'],
  onWarning: checkFunction,
  repeatable: onOrOff,
};

/** Checks and resolves what functions and fetches have in common. `more`: what else is allowed. @throws OptionError */
export function resilienceSettings(
  provider: Provider,
  options: ResilienceOptions,
  more: OptionRules,
): ResilienceSettings {
  const rules = { ...ownRules, ...more };
  checkObject('options', options, new Set([...Object.keys(rules), ...Object.keys(sharedRules)]));
  checkGiven('options.', options, rules);
  checkGiven('', options, sharedRules);
  return {
    runtime: createRuntime(options.runtime),
    limits: [provider.limits, options],
    policies: createPolicies(options, provider.quotaReading),
    retry: options.retry ?? {},
    listener: options.onEvent,
  };
}

/** Checks and resolves the options of a fetch. @throws OptionError */
export function fetchSettings(provider: Provider, options: ResilientFetchOptions): FetchSettings {
  const settings = resilienceSettings(provider, options, fetchRules);
  const { fetch, sdkRetries, onWarning, repeatable } = options;
  return {
    ...settings,
    transport: fetch ?? systemTransport,
    absorbs: sdkRetries !== 'send',
    warn: onWarning ?? (message => console.warn(message)),
    repeatable,
  };
}

/** The limits of one call over those of its fetch. */
export const limitsOf = ({ limits }: ResilienceSettings, call: CallLimits): ResolvedLimits =>
  mergeLimits([...limits, call]);
