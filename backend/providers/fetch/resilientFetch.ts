import { OptionError } from '../../resilience/optionError.ts';
import { checkOptions } from '../../resilience/optionRules.ts';
import type { Provider } from '../../resilience/provider.ts';
import { refusing } from '../refusing.ts';
import { callRanges, type FetchCallOptions, takeCallOptions } from './callHeaders.ts';
import { fetchSettings, type ResilientFetchOptions } from './fetchSettings.ts';
import { outgoing } from './outgoing.ts';
import { readOut } from './readOut.ts';
import { Seam } from './seam.ts';

/** A fetch whose calls survive. */
export interface ResilientFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The same fetch, with the same state, for calls with other settings. @throws ProviderError */
  with(options: FetchCallOptions): ResilientFetch;
}

function fetchOf(seam: Seam, base: FetchCallOptions): ResilientFetch {
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = outgoing(input, init);
    const { provider, settings } = seam;
    const own = refusing(() => {
      seam.refuseOwn(request);
      return takeCallOptions(request.headers);
    }, provider.name);
    const read = request.unread === undefined ? request : await readOut(request, settings.runtime);
    return seam.fetch(read, { ...base, ...own });
  };
  const withOptions = (options: FetchCallOptions): ResilientFetch => {
    const check = (): FetchCallOptions => checkOptions('options', options, callRanges);
    const checked = refusing(check, seam.provider.name);
    return fetchOf(seam, { ...base, ...checked });
  };
  return Object.assign(fetch, { with: withOptions });
}

/** The state of one provider's calls, with its options checked. @throws ProviderError */
export function seamOf(provider: Provider, options: ResilientFetchOptions): Seam {
  const settings = refusing(() => {
    if (typeof provider?.classify !== 'function')
      throw new OptionError('provider', 'no provider', 'one of the providers, or what defineProvider gives');
    return fetchSettings(provider, options);
  });
  return new Seam(provider, settings);
}

/**
 * A `fetch` with the whole pipeline, for any SDK that takes one: waits, retries, quotas, an overloaded or broken service, cut
 * answers and streams are dealt with inside; what cannot be helped comes out as the platform's fetch would have it, so that the SDK
 * throws its own errors. Private headers (`x-geminicore-deadline-ms`, …) set the limits of one call and are never sent.
 * @throws ProviderError (request / client-config) for a bad setting
 */
export const createResilientFetch = (provider: Provider, options: ResilientFetchOptions = {}): ResilientFetch =>
  fetchOf(seamOf(provider, options), {});
