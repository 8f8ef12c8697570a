import type { HttpOptions } from '@google/genai';
import { attemptOnce } from '../../resilience/attemptOnce.ts';
import type { EventListener } from '../../resilience/events.ts';
import { pipeline } from '../../resilience/pipeline.ts';
import type { Policy, Send } from '../../resilience/policy.ts';
import type { RetryOptions as RetryPolicyOptions } from '../../resilience/retryRun.ts';
import { standardPipeline } from '../../resilience/standardPipeline.ts';
import { type CallOptions, signalOf } from '../callSettings.ts';
import type { ClientSettings } from '../clientSettings.ts';
import { elsewhere } from '../seam/elsewhere.ts';
import { type Door, type GeminiCall, startGeminiCall } from '../seam/geminiCall.ts';
import type { HttpExchange, Transport } from '../seam/httpExchange.ts';
import { createSeam } from '../seam/seam.ts';
import { hasRetried, isUnrepeatable } from '../seam/seamError.ts';
import { type CallLimits, limitNames, mergeLimits, type ResolvedLimits } from '../settings/callLimits.ts';
import type { RemedyOptions } from '../settings/remedyOptions.ts';
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

const setsLimit = (options: CallLimits): boolean => limitNames.some(name => options[name] !== undefined);

/** Begins the calls of one client: each with its limits and its pipeline, and with the seam that its exchanges pass. */
export class CallStarter {
  readonly #settings: ClientSettings;
  readonly #listener: EventListener | undefined;
  readonly #send: Send;
  readonly #elsewhere: Policy | undefined;
  /** For the official client in its user's hands, whose calls are not sent elsewhere. */
  readonly #sdkSend: Send;
  /** For what is repeated from outside. */
  readonly #sendOnce: Send;
  readonly #limits: ResolvedLimits;
  readonly #retries: RetryPolicyOptions;
  readonly #remedies: readonly (RemedyOptions | undefined)[];

  constructor(settings: ClientSettings, listener: EventListener | undefined) {
    this.#settings = settings;
    this.#listener = listener;
    this.#elsewhere = elsewhere(settings);
    this.#send = this.#pipelineOf({}, this.#elsewhere);
    this.#sdkSend = this.#pipelineOf({}, undefined);
    const { quotaGate, concurrency, circuitBreaker } = settings.policies;
    this.#sendOnce = standardPipeline(undefined, { quotaGate, concurrency, circuitBreaker });
    this.#retries = this.retriesOf({});
    this.#limits = mergeLimits(settings.limitLayers);
    this.#remedies = [settings.remedies];
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
      priority: options.priority,
      // Nearly all have none of their own, and thousands may wait.
      remedies: options.remedies === undefined ? this.#remedies : [...this.#remedies, options.remedies],
      limits: this.#limitsOf(options),
      send: this.#sendFor(door, options),
      retries: this.#retriesFor(door, options),
    });
  }

  #retriesFor(door: Door, { retry }: StartOptions): RetryPolicyOptions | undefined {
    if (door === 'single') return undefined;
    return retry === undefined ? this.#retries : this.retriesOf({ retry });
  }

  #sendFor(door: Door, options: StartOptions): Send {
    if (door === 'single') return this.#sendOnce;
    if (options.retry) return this.#pipelineOf(options, door === 'core' ? this.#elsewhere : undefined);
    return door === 'core' ? this.#send : this.#sdkSend;
  }

  /** A seam whose exchanges belong to the calls that `callFor` gives. */
  seam(callFor: (http: HttpExchange) => GeminiCall): Transport {
    return createSeam(this.#settings, callFor);
  }

  /** For requests that no method of ours started: each is a call of its own. `signal`: the caller's, where the client is not given it. */
  ownCallSeam(signal?: AbortSignal): Transport {
    const callFor = ({ operation, model, signal: own }: HttpExchange) =>
      this.start('sdk', operation, { model, signal: signal ?? own });
    return createSeam(this.#settings, callFor, tellEnd);
  }

  /** The seam of a call over a transport of its own, which sees to it that what is sent again is not done twice. */
  repeating(call: GeminiCall, transport: Transport): Transport {
    return createSeam({ ...this.#settings, transport, repeats: true }, () => call);
  }

  /**
   * The parameters with the seam of this call in them, and with the caller's signal kept from the official client, which would
   * leave a listener on it for each call.
   */
  bound<P extends { readonly config: BoundConfig }>(call: GeminiCall, parameters: P): P {
    const { abortSignal, httpOptions } = parameters.config;
    if (abortSignal === undefined && httpOptions === undefined) {
      return { ...parameters, config: { ...parameters.config, httpOptions: { fetch: this.seam(() => call) } } };
    }
    const { abortSignal: _signal, ...config } = parameters.config;
    const { timeout: _timeout, retryOptions: _retry, fetch: own, ...http } = httpOptions ?? {};
    // A fetch for this call alone is what carries it, underneath the seam.
    const settings = own === undefined ? this.#settings : { ...this.#settings, transport: own as Transport };
    const fetch = createSeam(settings, () => call);
    return { ...parameters, config: { ...config, httpOptions: { ...http, fetch } } };
  }

  /** The official client's own timeout for one request is meant for an attempt. */
  #limitsOf(options: StartOptions): ResolvedLimits {
    const attemptTimeoutMs = options.config?.httpOptions?.timeout;
    if (attemptTimeoutMs === undefined && !setsLimit(options)) return this.#limits;
    return mergeLimits([...this.#settings.limitLayers, { attemptTimeoutMs }, options]);
  }

  /** What the retry policy is told, with the settings of one call over those of the client. */
  retriesOf({ retry }: Pick<CallOptions, 'retry'>): RetryPolicyOptions {
    const layers = [...this.#settings.retryLayers, ...(retry ? [retry] : [])];
    return { ...resolveRetry(layers), alreadyRetried: hasRetried, unrepeatable: isUnrepeatable };
  }

  #pipelineOf({ retry }: CallOptions, fallback: Policy | undefined): Send {
    const { pipeline: own } = this.#settings;
    if (own !== undefined) return pipeline(...(fallback ? [fallback, own] : [own]))(attemptOnce);
    return standardPipeline(this.retriesOf({ retry }), { ...this.#settings.policies, fallback });
  }
}
