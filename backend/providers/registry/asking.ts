import { endCall } from '../../resilience/emit.ts';
import type { Outcome } from '../../resilience/failure.ts';
import { type Exchange, type Send, startCall, startExchange } from '../../resilience/policy.ts';
import type { Runtime } from '../../resilience/runtime.ts';
import { standardPipeline } from '../../resilience/standardPipeline.ts';
import type { FetchCallOptions } from '../fetch/callHeaders.ts';
import { limitsOf } from '../fetch/fetchSettings.ts';
import { outgoing } from '../fetch/outgoing.ts';
import { seamOf } from '../fetch/resilientFetch.ts';
import type { Seam } from '../fetch/seam.ts';
import { decoderFor } from '../fetch/streamDecoder.ts';
import { ProviderError } from '../providerError.ts';
import { providerRetries } from '../providerRetry.ts';
import { parsedEvent } from '../streamSigns.ts';
import type { FunctionBackend, HttpBackend } from './backend.ts';
import type { Completion, CompletionPiece, Question } from './completion.ts';
import type { ProviderRegistration } from './registration.ts';

/** How one call is made. */
export interface AskOptions extends FetchCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What an answer is, once it is there, and with it the history of its call. */
export interface Asked<T> {
  readonly value: T;
  readonly attempts: Exchange['call']['attempts'];
}

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
    this.#seam = seamOf(backend.provider, options);
  }

  /** The clock of its calls. */
  get runtime(): Runtime {
    return this.#seam.settings.runtime;
  }

  get model(): string {
    return this.registration.backend.model;
  }

  /** The whole answer. */
  async complete(question: Question, options: AskOptions): Promise<Asked<Completion>> {
    const { backend } = this.registration;
    if (backend.kind === 'function') return this.#call(backend, question, options);
    const { value: response, attempts } = await this.#request(backend, question, options, false);
    const body: unknown = await response.json();
    const failure = backend.failureIn?.(body);
    if (failure !== undefined) throw new ProviderError({ provider: this.name, failure, attempts });
    const value = backend.read(body);
    if (value === undefined) throw this.#notAnAnswer();
    return { value, attempts };
  }

  /** The answer piece by piece. A function gives it in one. */
  async stream(question: Question, options: AskOptions): Promise<Asked<AsyncIterable<CompletionPiece>>> {
    const { backend } = this.registration;
    if (backend.kind === 'function') {
      const { value, attempts } = await this.#call(backend, question, options);
      return { value: only(value), attempts };
    }
    const { value: response, attempts } = await this.#request(backend, question, options, true);
    return { value: this.#pieces(backend, response, options.signal), attempts };
  }

  async #request(
    backend: HttpBackend,
    question: Question,
    { signal, ...own }: AskOptions,
    streams: boolean,
  ): Promise<Asked<Response>> {
    const { url, headers, body } = backend.request(question, streams);
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    };
    const { outcome, exchange } = await this.#seam.run(outgoing(url, init), own);
    if (outcome.ok) return { value: outcome.value, attempts: exchange.call.attempts };
    if (signal?.aborted) throw signal.reason;
    throw failedEnd(this.name, exchange, outcome);
  }

  async #call(backend: FunctionBackend, question: Question, options: AskOptions): Promise<Asked<Completion>> {
    const { signal, maxRetries, ...limits } = options;
    const { settings, provider } = this.#seam;
    const { deadlineMs, attemptTimeoutMs } = limitsOf(settings, limits);
    const { runtime, listener } = settings;
    const call = startCall({
      operation: 'complete',
      model: question.model,
      runtime,
      listener,
      signal,
      deadlineMs,
      keepsSuccess: true,
    });
    const target = { service: `${this.name} ${question.model}`, scope: `${this.name} ${question.model}` };
    const classify = (error: unknown) => provider.classify(error, runtime.wallClock());
    const bounds = { classify, attemptTimeoutMs };
    const exchange = startExchange(call, true, context => backend.complete(question, context), bounds, target);
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

  /** What breaks in here has been seen to have begun: it is understood, and not repeated. */
  async *#pieces(
    backend: HttpBackend,
    response: Response,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<CompletionPiece> {
    const decoder = decoderFor(response.headers.get('content-type') ?? '');
    if (decoder === undefined || response.body === null) throw this.#notAnAnswer();
    const provider = this.#seam.provider;
    const read = (data: string): CompletionPiece | undefined => {
      if (provider.readEvent(data) === 'error') throw this.#inStream(data);
      return backend.readPiece(parsedEvent(data));
    };
    try {
      for await (const bytes of response.body) yield* decoder.push(bytes).flatMap(data => read(data) ?? []);
      yield* decoder.end().flatMap(data => read(data) ?? []);
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      if (cause instanceof ProviderError) throw cause;
      throw new ProviderError({ provider: this.name, failure: provider.classify(cause), attempts: [], cause });
    }
  }

  #inStream(body: string): ProviderError {
    const facts = { status: undefined, statusText: '', headers: {}, body };
    return new ProviderError({ provider: this.name, failure: this.#seam.provider.classify(facts), attempts: [] });
  }

  #notAnAnswer(): ProviderError {
    const cause = new SyntaxError('The answer has not the shape of one: check base URL and backend.');
    return new ProviderError({
      provider: this.name,
      failure: this.#seam.provider.classify(cause),
      attempts: [],
      cause,
    });
  }
}

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value;
}
