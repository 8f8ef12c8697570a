import { endCall } from '../../resilience/emit.ts';
import type { Failure, Outcome } from '../../resilience/failure.ts';
import { OptionError } from '../../resilience/optionError.ts';
import { type Exchange, type Send, startCall, startExchange } from '../../resilience/policy.ts';
import { cleaner, masked } from '../../resilience/promptMask.ts';
import type { Provider } from '../../resilience/provider.ts';
import { standardPipeline } from '../../resilience/standardPipeline.ts';
import type { Transport } from '../../resilience/transport.ts';
import { type BaseSettings, limitsOf } from '../baseSettings.ts';
import { providerRetries } from '../providerRetry.ts';
import { BadAnswer } from './badAnswer.ts';
import type { FetchCallOptions } from './callHeaders.ts';
import { credentialOf } from './credential.ts';
import type { FetchPolicies } from './fetchParts.ts';
import type { Outgoing } from './outgoing.ts';
import { endOf } from './sdkEnd.ts';
import { type Sending, sendRequest } from './sendRequest.ts';

/** What the calls of one fetch are sent by. */
export interface SeamSettings extends BaseSettings {
  readonly policies: FetchPolicies;
  readonly transport: Transport;
  readonly repeatable: boolean | undefined;
}

/** What a call's own last attempt ended with. */
interface Sent {
  lastError: unknown;
  /** Whose call it is. */
  readonly by: Seam;
  /** Has a fetch of ours that it was sent with given up? That one has had its retries. */
  isGivenUp: boolean;
}

/** What attempts are ended by: whoever comes with one of these was sent here by an attempt. */
const attempts = new WeakMap<AbortSignal, Sent>();

const outerOf = (signal: AbortSignal | undefined): Sent | undefined => signal && attempts.get(signal);

/** How a call ended. */
export interface Ran {
  readonly outcome: Outcome<Response>;
  readonly exchange: Exchange<Response>;
  readonly sent: Sent;
}

/** One provider’s calls, and the state that they share. */
export class Seam {
  readonly provider: Provider;
  readonly settings: SeamSettings;
  readonly #send: Send;

  constructor(provider: Provider, settings: SeamSettings) {
    this.provider = provider;
    this.settings = settings;
    this.#send = this.#pipelineOf(undefined);
  }

  /** A fetch that sends with itself never ends. @throws OptionError */
  refuseOwn({ signal }: Outgoing): void {
    if (outerOf(signal)?.by === this)
      throw new OptionError('options.fetch', 'this very fetch', 'the one that was global before');
  }

  /** As a fetch ends. @throws what the platform's fetch would, or the signal's reason */
  async fetch(request: Outgoing, own: FetchCallOptions): Promise<Response> {
    const { sdkRepetitions, reading } = this.settings.policies;
    const again = sdkRepetitions?.endOf(request, own);
    if (again !== undefined) return again();
    const { outcome, exchange, sent } = await this.run(request, own);
    if (outcome.ok) {
      sdkRepetitions?.forget(request, own);
      return outcome.value;
    }
    // The caller's own abort reason; else the last bad response, or what the platform's fetch threw.
    const { signal } = exchange.call;
    if (signal?.aborted) throw signal.reason;
    const outer = outerOf(signal);
    if (outer !== undefined) outer.isGivenUp = true;
    const ended = endOf(outcome, sent.lastError, exchange, reading);
    sdkRepetitions?.remember(request, own, ended, outcome);
    return ended();
  }

  /** As a call ends: with its outcome, and the history. Never rejects. */
  async run(request: Outgoing, own: FetchCallOptions): Promise<Ran> {
    const sent: Sent = { lastError: undefined, by: this, isGivenUp: false };
    const exchange = this.#exchangeOf(request, own, sent);
    const send = own.maxRetries === undefined ? this.#send : this.#pipelineOf(own.maxRetries);
    const outcome = await send(exchange);
    const { call } = exchange;
    if (outcome.ok) endCall(call, 'success');
    else endCall(call, call.signal?.aborted ? 'aborted' : 'failure', outcome.failure);
    return { outcome, exchange, sent };
  }

  #pipelineOf(maxRetries: number | undefined): Send {
    const { retry, policies } = this.settings;
    const layers = maxRetries === undefined ? [retry] : [retry, { maxRetries }];
    return standardPipeline(providerRetries(this.provider, layers), policies);
  }

  #exchangeOf(request: Outgoing, own: FetchCallOptions, sent: Sent): Exchange<Response> {
    const { provider, settings } = this;
    const { runtime, listener, transport, policies } = settings;
    const { reading } = policies;
    const { method, url, text, headers } = request;
    const limits = limitsOf(settings, own);
    const { deadlineMs, attemptTimeoutMs, firstChunkTimeoutMs, hedgeAfterMs } = limits;
    const call = startCall({
      ...request,
      ...{ runtime, listener, deadlineMs, keepsSuccess: true },
      priority: own.priority,
    });
    const repeatable =
      request.replayable &&
      (settings.repeatable ?? (provider.repeatable(method, url, text) || headers.has('idempotency-key')));
    const classify = this.#reader(request, sent);
    const sending: Sending = { request, call, provider, limits, transport, classify, reading };
    const isFirst = request.asksForStream && firstChunkTimeoutMs < attemptTimeoutMs;
    const limitName = isFirst ? 'firstChunkTimeoutMs' : 'attemptTimeoutMs';
    const options = {
      ...{ classify, limitName, attemptTimeoutMs: limits[limitName], hedgeAfterMs },
      ...(reading && { inputTokens: () => reading.tokensIn(request) }),
    };
    return startExchange(
      call,
      repeatable,
      (context, of) => {
        attempts.set(context.signal, sent);
        return sendRequest(sending, context, of);
      },
      options,
      reading?.targetOf(request),
    );
  }

  /** Reads failed attempts, each once, and leaves neither key nor prompt in what is shown. A body that was a stream is gone. */
  #reader(request: Outgoing, sent: Sent): (error: unknown) => Failure {
    const { replayable, text, model } = request;
    const secret = credentialOf(request).replace(/^\w+ +/, '');
    // A model's name is no secret, and what one has to be told.
    const clean = cleaner(model === undefined ? text : text?.replaceAll(`"${model}"`, '""'), [secret]);
    const { runtime } = this.settings;
    return error => {
      sent.lastError = error;
      const caught = error instanceof BadAnswer ? error.facts() : error;
      const failure = masked(this.provider.classify(caught, runtime.wallClock()), clean);
      return replayable && !sent.isGivenUp ? failure : { ...failure, retryable: false };
    };
  }
}
