import { checkFunction, OptionError } from '../../resilience/optionError.ts';
import { checkOptions, type OptionRules, onOrOff } from '../../resilience/optionRules.ts';
import type { Provider } from '../../resilience/provider.ts';
import { type AsyncRuntime, asyncSystemRuntime, checkAsyncRuntime } from '../../resilience/runtime.ts';
import type { Transport } from '../../resilience/transport.ts';
import type { Runtime } from '../../resilience/wholeRuntime.ts';
import { type BaseOptions, baseSettings } from '../baseSettings.ts';
import { refusing } from '../refusing.ts';
import { callRanges, type FetchCallOptions, takeCallOptions } from './callHeaders.ts';
import { checkParts, type FetchPart, madeOf } from './fetchParts.ts';
import { outgoing } from './outgoing.ts';
import { readOut } from './readOut.ts';
import { Seam } from './seam.ts';

/** What every fetch may be told. */
export interface FetchOptions extends BaseOptions {
  /** What really sends. @default the platform's fetch */
  readonly fetch?: Transport | undefined;
  /** May requests be sent again although they may have been carried out? @default as the provider says, by method and path */
  readonly repeatable?: boolean | undefined;
}

/** What a fetch that is put together part by part may be told. */
export interface ComposedFetchOptions extends FetchOptions {
  /** What it does besides limiting, understanding and sending again, in any order: `[breaker(), quota({ … })]`. @default [] */
  readonly parts?: readonly FetchPart[] | undefined;
  /** Clock, chance, sleep and timers: `createRuntime({ now, … })`. @default the system's */
  readonly runtime?: Runtime | undefined;
}

/** A fetch whose calls survive. */
export interface ResilientFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The same fetch, with the same state, for calls with other settings. @throws ProviderError */
  with(options: FetchCallOptions): ResilientFetch;
}

const rules = { fetch: checkFunction, repeatable: onOrOff };

/** What a kind of fetch has of its own. */
export interface FetchKind<T extends FetchOptions> {
  /** What else is allowed, with its rule. */
  readonly rules: OptionRules;
  /** @throws OptionError */
  readonly runtimeOf: (options: T) => AsyncRuntime;
  /** What sends where the options do not say. */
  readonly transport: Transport;
  /** @throws OptionError */
  readonly partsOf: (options: T) => readonly FetchPart[];
}

/** The state of one provider's calls, with its options checked. @throws ProviderError */
export const seamFrom = <T extends FetchOptions>(provider: Provider, options: T, kind: FetchKind<T>): Seam =>
  refusing(() => {
    if (typeof provider?.classify !== 'function')
      throw new OptionError('provider', 'no provider', 'one of the providers, or what defineProvider gives');
    const settings = baseSettings(provider, options, { ...rules, ...kind.rules });
    const runtime = kind.runtimeOf(options);
    const policies = madeOf(kind.partsOf(options), provider, runtime);
    const { fetch: transport = kind.transport, repeatable } = options;
    return new Seam(provider, { ...settings, runtime, policies, transport, repeatable });
  });

/** What the calls of a seam are made with. */
export function fetchOf(seam: Seam, base: FetchCallOptions = {}): ResilientFetch {
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

const composed: FetchKind<ComposedFetchOptions> = {
  rules: { parts: checkParts, runtime: checkAsyncRuntime },
  runtimeOf: ({ runtime = asyncSystemRuntime }) => runtime,
  // Looked up at each call, so that what a tracer puts in its place is used.
  transport: (...request) => globalThis.fetch(...request),
  partsOf: ({ parts = [] }) => parts,
};

/**
 * A `fetch` with deadline, retries and guarded streams, and of the rest of the pipeline only the parts that are named, each in its
 * fixed place: for programs that are loaded over a network, where what is not named is not loaded. With all of them it is
 * `createResilientFetch`.
 * @throws ProviderError (request / client-config) for a bad setting
 */
export const composeFetch = (provider: Provider, options: ComposedFetchOptions = {}): ResilientFetch =>
  fetchOf(seamFrom(provider, options, composed));
