import type { LiveConnectConfig } from '@google/genai';
import { mergeLimits } from '../settings/callLimits.ts';
import { refusing, refusingLater } from '../settings/optionFailure.ts';
import type { LiveClient } from './liveContext.ts';
import { checkLiveOptions, checkLiveParameters, type LiveOptions, liveLimits } from './liveOptions.ts';
import { LiveSession } from './liveSession.ts';
import type { LiveParameters } from './liveTypes.ts';
import { webSockets } from './webSockets.ts';

/** Live sessions of a client, which outlive their connections. */
export class GeminiLive {
  readonly #client: LiveClient;

  constructor(client: LiveClient) {
    this.#client = client;
  }

  /**
   * Begins a session, and resolves when the server has accepted its setup.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async connect(parameters: LiveParameters, options: LiveOptions = {}): Promise<LiveSession> {
    refusing(() => {
      checkLiveOptions(options);
      checkLiveParameters(parameters, this.#client.vertex);
    });
    const { model, callbacks = {} } = parameters;
    const config: LiveConnectConfig = { ...parameters.config };
    // Vertex says what it has consumed only to who asks.
    const resumption = this.#client.vertex ? { transparent: true } : {};
    config.sessionResumption = { ...resumption, ...config.sessionResumption };
    const { idleTimeoutMs } = mergeLimits([...this.#client.limitLayers, options]);
    const openSocket = await refusingLater(webSockets);
    const context = { ...this.#client, ...liveLimits(options), model, config, options, idleTimeoutMs, openSocket };
    return LiveSession.open(context, callbacks);
  }
}
