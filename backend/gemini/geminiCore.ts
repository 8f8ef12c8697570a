import type { CountTokensParameters, EmbedContentParameters, GoogleGenAI } from '@google/genai';
import { attachDebugLog } from '../adapters/debugLog.ts';
import type { AttemptContext } from '../resilience/attemptContext.ts';
import {
  type ApiCallOptions,
  type CallOptions,
  checkApiCall,
  checkModelCall,
  defaultEmbeddingModel,
  type EmbedOptions,
  type LlmOptions,
  type LlmParameters,
  type LlmRequest,
  llmParameters,
  runsTools,
} from './callSettings.ts';
import { type ClientSettings, clientSettings, type GeminiCoreOptions } from './clientSettings.ts';
import { ApiCallContext } from './doors/apiCallContext.ts';
import { tellEnd } from './doors/callEnd.ts';
import { CallStarter } from './doors/callStarter.ts';
import { answer, streamAnswer } from './doors/methodDoor.ts';
import { createOfficialClient } from './doors/officialClient.ts';
import { runOperation } from './doors/runOperation.ts';
import { installSdkDoor } from './doors/sdkDoor.ts';
import {
  type CountTokensResult,
  type EmbedResult,
  type LlmChunk,
  type LlmResult,
  shape,
  shapeEmbeddings,
} from './results.ts';
import { understand } from './seam/understand.ts';
import { refusing } from './settings/optionFailure.ts';

type EmbedContents = EmbedContentParameters['contents'];

/**
 * A Gemini client that ends in an answer or in one error that says what to do. Every HTTP request of the official client
 * underneath passes one seam, where each error is classified once and answered by the strategy of its class.
 */
export class GeminiCore {
  readonly #settings: ClientSettings;
  readonly #calls: CallStarter;
  readonly #client: GoogleGenAI;
  #sdk: GoogleGenAI | undefined;

  /** @throws GeminiError (request / client-config) that names the option, its value and the allowed range */
  constructor(options: GeminiCoreOptions = {}) {
    this.#settings = refusing(() => clientSettings(options));
    this.#calls = new CallStarter(this.#settings, attachDebugLog(options.onEvent));
    this.#client = createOfficialClient(this.#settings, this.#calls.ownCallSeam());
  }

  /**
   * The official client on the same seam, for its whole surface: with its own methods, results and errors. What fails is repeated
   * below it, one HTTP request at a time.
   */
  get sdk(): GoogleGenAI {
    const { runtime } = this.#settings;
    this.#sdk ??= installSdkDoor(createOfficialClient(this.#settings, this.#calls.ownCallSeam()), {
      runtime,
      openCall: (operation, options) => {
        const { isOneCall, signal } = options;
        if (!isOneCall) return { seam: this.#calls.ownCallSeam(signal), end: () => {} };
        const call = this.#calls.start('sdk', operation, options);
        return { seam: this.#calls.seam(() => call), end: () => tellEnd(call, call.closed?.failed) };
      },
    });
    return this.#sdk;
  }

  /**
   * Asks the model and waits for its whole answer.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async callLlm(request: LlmRequest, options: LlmOptions = {}): Promise<LlmResult> {
    const given = this.#checked(request, options);
    const call = this.#calls.start('core', 'generateContent', { ...options, ...given });
    const parameters = this.#calls.bound(call, given);
    return answer(call, {
      work: () => this.#client.models.generateContent(parameters),
      shape: response => shape(response, given.model, call),
      runsTools: runsTools(given.config),
    });
  }

  /**
   * Asks the model and yields its answer as it comes. Nothing is sent before the first `next()`; leaving the loop frees the socket.
   * @throws GeminiError with `partialText`, or the signal's own reason where the caller aborted
   */
  callLlmStream(request: LlmRequest, options: LlmOptions = {}): AsyncGenerator<LlmChunk, void, undefined> {
    const given = this.#checked(request, options);
    const begin = () => {
      const call = this.#calls.start('core', 'streamGenerateContent', { ...options, ...given });
      return { call, open: () => this.#client.models.generateContentStream(this.#calls.bound(call, given)) };
    };
    return streamAnswer(begin, (chunk, call) => shape(chunk, given.model, call));
  }

  /**
   * Turns texts into vectors.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async embed(contents: EmbedContents, options: EmbedOptions = {}): Promise<EmbedResult> {
    refusing(() => checkModelCall(options));
    const { model = defaultEmbeddingModel, config } = options;
    const call = this.#calls.start('core', 'embedContent', { ...options, model });
    const parameters = this.#calls.bound(call, { model, contents, config: { ...config } });
    return answer(call, {
      work: () => this.#client.models.embedContent(parameters),
      shape: response => shapeEmbeddings(response, model, call.attempts),
    });
  }

  /**
   * Counts the tokens of a prompt without sending it to the model.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async countTokens(
    request: LlmRequest,
    options: CallOptions & { readonly model?: string } = {},
  ): Promise<CountTokensResult> {
    const given = this.#checked(request, options);
    const { model } = given;
    const call = this.#calls.start('core', 'countTokens', { ...options, ...given });
    const parameters = this.#calls.bound(call, given) as CountTokensParameters;
    return answer(call, {
      work: () => this.#client.models.countTokens(parameters),
      shape: ({ totalTokens = 0 }) => ({
        totalTokens,
        model,
        attempts: call.attempts,
        ...(call.fellBack && { fallback: call.fellBack }),
      }),
    });
  }

  /**
   * Runs any asynchronous work under the same classification, strategies and limits. The `sdk` that the work is handed does not
   * retry by itself; requests of `gemini.sdk`, and other calls of this package, are not repeated again from here.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async makeApiCallWithRetry<T>(
    work: (context: ApiCallContext) => T | Promise<T>,
    options: ApiCallOptions = {},
  ): Promise<T> {
    refusing(() => checkApiCall(work, options));
    const call = this.#calls.start('core', options.operation ?? 'makeApiCallWithRetry', options);
    const open = (signal: AbortSignal): GoogleGenAI =>
      createOfficialClient(
        this.#settings,
        this.#calls.seam(http => this.#calls.start('single', http.operation, { ...options, signal })),
      );
    const operation = (attempt: AttemptContext) => work(new ApiCallContext(attempt, open));
    const { attemptTimeoutMs } = call.limits;
    const classify = (error: unknown) => understand(error, undefined, this.#settings.secrets);
    return runOperation(call, call.send, operation, { classify, attemptTimeoutMs });
  }

  #checked(request: LlmRequest, options: LlmOptions): LlmParameters {
    return refusing(() => {
      checkModelCall(options);
      return llmParameters(request, options, this.#settings.model);
    });
  }
}
