import { partsOf } from '../../resilience/clientPolicies.ts';
import { checkFunction } from '../../resilience/optionError.ts';
import type { Provider } from '../../resilience/provider.ts';
import { systemTransport } from '../../resilience/transport.ts';
import { type ResilienceOptions, runtimeOf, sharedRules } from '../resilienceSettings.ts';
import { type FetchKind, type FetchOptions, fetchOf, type ResilientFetch, seamFrom } from './composeFetch.ts';
import { reading } from './policyReading.ts';
import { type SdkRetriesOptions, sdkModes, sdkRetries } from './sdkRetries.ts';
import type { Seam } from './seam.ts';

/** What a resilient fetch may be told. */
export interface ResilientFetchOptions extends FetchOptions, ResilienceOptions, Pick<SdkRetriesOptions, 'onWarning'> {
  /**
   * What is done about an SDK that repeats by itself what was given up: `absorb` gives it the same end again without sending, `send`
   * treats each repetition as a new request. @default 'absorb'
   */
  readonly sdkRetries?: SdkRetriesOptions['mode'];
}

const whole: FetchKind<ResilientFetchOptions> = {
  rules: { ...sharedRules, sdkRetries: sdkModes, onWarning: checkFunction },
  runtimeOf,
  transport: systemTransport,
  partsOf: options => [
    ...partsOf(options).map(reading),
    sdkRetries({ mode: options.sdkRetries, onWarning: options.onWarning }),
  ],
};

/** The state of one provider's calls, with its options checked. @throws ProviderError */
export const seamOf = (provider: Provider, options: ResilientFetchOptions): Seam => seamFrom(provider, options, whole);

/**
 * A `fetch` with the whole pipeline, for any SDK that takes one: waits, retries, quotas, an overloaded or broken service, cut
 * answers and streams are dealt with inside; what cannot be helped comes out as the platform's fetch would have it, so that the SDK
 * throws its own errors. Private headers (`x-geminicore-deadline-ms`, …) set the limits of one call and are never sent.
 * @throws ProviderError (request / client-config) for a bad setting
 */
export const createResilientFetch = (provider: Provider, options: ResilientFetchOptions = {}): ResilientFetch =>
  fetchOf(seamOf(provider, options));
