import type { AttemptContext } from '../../resilience/attemptContext.ts';
import { endCall } from '../../resilience/emit.ts';
import type { Failure, Outcome } from '../../resilience/failure.ts';
import { type Exchange, type Send, startCall, startExchange } from '../../resilience/policy.ts';
import { cleaner, masked } from '../../resilience/promptMask.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { AsyncRuntime } from '../../resilience/runtime.ts';
import { standardPipeline } from '../../resilience/standardPipeline.ts';
import { limitsOf } from '../baseSettings.ts';
import type { FetchCallOptions } from '../fetch/callHeaders.ts';
import { credentialOf } from '../fetch/credential.ts';
import { outgoing } from '../fetch/outgoing.ts';
import { seamOf } from '../fetch/resilientFetch.ts';
import type { Seam } from '../fetch/seam.ts';
import { ProviderError } from '../providerError.ts';
import { providerRetries } from '../providerRetry.ts';
import { answering } from './answering.ts';
import type { FunctionBackend, HttpBackend } from './backend.ts';
import type { Completion, CompletionPiece, Question } from './completion.ts';
import { judged, ofNoShape } from './judge.ts';
import { NoAnswer } from './noAnswer.ts';
import { piecesOf, StreamError } from './pieces.ts';
import type { ProviderRegistration } from './registration.ts';

/** How one call is made. */
export interface AskOptions extends FetchCallOptions {
  readonly signal?: AbortSignal | undefined;
}

type Attempts = Exchange['call']['attempts'];

/** What an answer is, once it is there, and with it the history of its call. */
export interface Asked<T> {
  readonly value: T;
  readonly attempts: Attempts;
}

/** A request that was answered. */
interface Requested {
  readonly response: Response;
  readonly attempts: Attempts;
  /** Reads what breaks it later, and leaves neither key nor prompt in that. */
  readonly read: (caught: unknown) => Failure;
}

/** The pieces of an answer that has begun. `attempts`: what an error among them tells of the way there. */
export type Pieces = (attempts: Attempts) => AsyncIterable<CompletionPiece>;

/** The end of a call that failed. */
function failedEnd(
  name: string,
  { retryAtMs, call }: Exchange,
  outcome: Extract<Outcome<unknown>, { ok: false }>,
): Error {
  const { failure, error: cause } = outcome;
  const retryAt = retryAtMs === undefined ? undefined : new Date(retryAtMs);
  return new ProviderError({ provider: name, failure, attempts: call.attempts, cause, retryAt });
}

/** What is no answer says itself what it is. */
const reading = (provider: Provider): Provider => ({
  ...provider,
  classify: (caught, wallMs) => (caught instanceof NoAnswer ? caught.failure : provider.classify(caught, wallMs)),
});

/** A registered provider, ready to be asked. Rejects with ProviderError, or with the signal's own reason. */
export class Asking {
  readonly name: string;
  readonly registration: ProviderRegistration;
  readonly #seam: Seam;

  /** @throws ProviderError for a bad setting */
  constructor(name: string, registration: ProviderRegistration) {
    const { backend, fallbacks: _fallbacks, withRetry: _withRetry, ...options } = registration;
    this.name = name;
    this.registration = registration;
    this.#seam = seamOf(reading(backend.provider), options);
  }

  /** The clock of its calls. */
  get runtime(): AsyncRuntime {
    return this.#seam.settings.runtime;
  }

  get model(): string {
    return this.registration.backend.model;
  }

  /** How long a call of its own may take in all, in milliseconds. */
  deadlineMs(own: AskOptions): number {
    return limitsOf(this.#seam.settings, own).deadlineMs;
  }

  /** The whole answer. */
  async complete(question: Question, options: AskOptions): Promise<Asked<Completion>> {
    const { backend } = this.registration;
    if (backend.kind === 'function') return this.#call(backend, question, options);
    const { response, attempts, read } = await this.#request(backend, question, options, false);
    const value = backend.read(await response.json());
    // It was judged inside its attempt: only a backend that reads the same body in two ways comes here.
    if (value === undefined) throw this.#error(ofNoShape(), read, attempts);
    return { value, attempts };
  }

  /** The answer piece by piece, as soon as it has begun. A function gives it in one. */
  async stream(question: Question, options: AskOptions): Promise<Asked<Pieces>> {
    const { backend } = this.registration;
    if (backend.kind === 'function') {
      const { value, attempts } = await this.#call(backend, question, options);
      return { value: () => only(value), attempts };
    }
    const { response, attempts, read } = await this.#request(backend, question, options, true);
    const failed = (caught: unknown, history: Attempts) => this.#error(caught, read, history);
    return {
      value: history => whileBegun(piecesOf(backend, response), options.signal, error => failed(error, history)),
      attempts,
    };
  }

  async #request(
    backend: HttpBackend,
    question: Question,
    { signal, ...own }: AskOptions,
    streams: boolean,
  ): Promise<Requested> {
    const { url, headers, body } = backend.request(question, streams);
    const text = JSON.stringify(body);
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
      ...(signal && { signal }),
    };
    const request = outgoing(url, init);
    const { runtime } = this.#seam.settings;
    const { outcome, exchange } = await this.#seam.run(answering(request, { backend, streams, runtime }), own);
    const { attempts } = exchange.call;
    if (!outcome.ok) throw signal?.aborted ? signal.reason : failedEnd(this.name, exchange, outcome);
    const clean = cleaner(text, [credentialOf(request).replace(/^\w+ +/, '')]);
    const read = (caught: unknown): Failure => masked(this.#seam.provider.classify(caught, runtime.wallClock()), clean);
    return { response: outcome.value, attempts, read };
  }

  async #call(backend: FunctionBackend, question: Question, options: AskOptions): Promise<Asked<Completion>> {
    const { signal, maxRetries, ...limits } = options;
    const { settings, provider } = this.#seam;
    const { deadlineMs, attemptTimeoutMs } = limitsOf(settings, limits);
    const { runtime, listener } = settings;
    const { model } = question;
    const call = startCall({ operation: 'complete', model, runtime, listener, signal, deadlineMs, keepsSuccess: true });
    const target = { service: `${this.name} ${model}`, scope: `${this.name} ${model}` };
    const classify = (error: unknown) => provider.classify(error, runtime.wallClock());
    const ask = async (context: AttemptContext) => judged(await backend.complete(question, context));
    const exchange = startExchange(call, true, ask, { classify, attemptTimeoutMs }, target);
    const outcome = await this.#pipeline(maxRetries)(exchange);
    if (outcome.ok) endCall(call, 'success');
    else endCall(call, signal?.aborted ? 'aborted' : 'failure', outcome.failure);
    if (outcome.ok) return { value: outcome.value, attempts: call.attempts };
    if (signal?.aborted) throw signal.reason;
    throw failedEnd(this.name, exchange, outcome);
  }

  #pipeline(maxRetries: number | undefined): Send {
    const { retry, policies } = this.#seam.settings;
    const layers = maxRetries === undefined ? [retry] : [retry, { maxRetries }];
    return standardPipeline(providerRetries(this.#seam.provider, layers), policies);
  }

  /** What comes after an answer had begun, or in its place. It is understood, and not repeated. */
  #error(cause: unknown, read: Requested['read'], attempts: Attempts): ProviderError {
    const failure = read(cause instanceof StreamError ? cause.facts : cause);
    return new ProviderError({ provider: this.name, failure, attempts, cause });
  }
}

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** The pieces until they break: then the signal's own reason, or the error that is made of it. */
async function* whileBegun<T>(
  pieces: AsyncIterable<T>,
  signal: AbortSignal | undefined,
  failed: (caught: unknown) => Error,
): AsyncGenerator<T> {
  try {
    yield* pieces;
  } catch (caught) {
    throw signal?.aborted ? signal.reason : failed(caught);
  }
}
