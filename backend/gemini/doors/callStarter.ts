import type { HttpOptions } from '@google/genai';
import type { EventListener } from '../../resilience/events.ts';
import { type Policy, pipeline } from '../../resilience/policy.ts';
import { standardPipeline } from '../../resilience/standardPipeline.ts';
import { type CallOptions, signalOf } from '../callSettings.ts';
import type { ClientSettings } from '../clientSettings.ts';
import { type Door, type GeminiCall, startGeminiCall } from '../seam/geminiCall.ts';
import type { HttpExchange, Transport } from '../seam/httpExchange.ts';
import { createSeam } from '../seam/seam.ts';
import { hasRetried, isUnrepeatable } from '../seam/seamError.ts';
import { type CallLimits, limitNames, mergeLimits, type ResolvedLimits } from '../settings/callLimits.ts';
import { resolveRetry } from '../settings/resolveRetry.ts';
import { tellEnd } from './callEnd.ts';

/** What the configs of all methods have in common. */
interface BoundConfig {
  readonly abortSignal?: AbortSignal;
  readonly httpOptions?: HttpOptions;
}

/** What a call is begun with. */
export interface StartOptions extends CallOptions {
  readonly model?: string | undefined;
  readonly config?: BoundConfig | undefined;
}

/** Passes everything through: for exchanges that are repeated from outside. */
const sendOnly: Policy = pipeline();

const setsLimit = (options: CallLimits): boolean => limitNames.some(name => options[name] !== undefined);

/** Begins the calls of one client: each with its limits and its pipeline, and with the seam that its exchanges pass. */
export class CallStarter {
  readonly #settings: ClientSettings;
  readonly #listener: EventListener | undefined;
  readonly #pipeline: Policy;
  readonly #limits: ResolvedLimits;

  constructor(settings: ClientSettings, listener: EventListener | undefined) {
    this.#settings = settings;
    this.#listener = listener;
    this.#pipeline = this.#pipelineOf({});
    this.#limits = mergeLimits(settings.limitLayers);
  }

  start(door: Door, operation: string, options: StartOptions): GeminiCall {
    const single = door === 'single';
    return startGeminiCall({
      door,
      operation,
      model: options.model,
      runtime: this.#settings.runtime,
      listener: single ? undefined : this.#listener,
      signal: signalOf(options, options.config),
      limits: setsLimit(options) ? mergeLimits([...this.#settings.limitLayers, options]) : this.#limits,
      pipeline: single ? sendOnly : options.retry ? this.#pipelineOf(options) : this.#pipeline,
    });
  }

  /** A seam whose exchanges belong to the calls that `callFor` gives. */
  seam(callFor: (http: HttpExchange) => GeminiCall): Transport {
    return createSeam(this.#settings, callFor);
  }

  /** For requests that no method of ours started: each is a call of its own. */
  ownCallSeam(): Transport {
    const callFor = ({ operation, model, signal }: HttpExchange) => this.start('sdk', operation, { model, signal });
    return createSeam(this.#settings, callFor, tellEnd);
  }

  /**
   * The parameters with the seam of this call in them, and with the caller's signal kept from the official client, which would
   * leave a listener on it for each call.
   */
  bound<P extends { readonly config: BoundConfig }>(call: GeminiCall, parameters: P): P {
    const fetch = this.seam(() => call);
    const { abortSignal, httpOptions } = parameters.config;
    if (abortSignal === undefined && httpOptions === undefined) {
      return { ...parameters, config: { ...parameters.config, httpOptions: { fetch } } };
    }
    const { abortSignal: _signal, ...config } = parameters.config;
    const { timeout: _timeout, retryOptions: _retry, ...http } = httpOptions ?? {};
    return { ...parameters, config: { ...config, httpOptions: { ...http, fetch } } };
  }

  #pipelineOf({ retry }: CallOptions): Policy {
    const layers = [...this.#settings.retryLayers, ...(retry ? [retry] : [])];
    return standardPipeline({ ...resolveRetry(layers), alreadyRetried: hasRetried, unrepeatable: isUnrepeatable });
  }
}
