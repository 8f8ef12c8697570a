import type { CountTokensParameters, EmbedContentParameters, GoogleGenAI } from '@google/genai';
import { attachDebugLog } from '../adapters/debugLog.ts';
import { type ModelClient, modelClient } from './asking.ts';
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
import { type ApiWork, apiCall } from './doors/apiCall.ts';
import { CallStarter } from './doors/callStarter.ts';
import { answer, streamAnswer } from './doors/methodDoor.ts';
import { createOfficialClient } from './doors/officialClient.ts';
import { openSdk } from './doors/openSdk.ts';
import { GeminiLive } from './live/geminiLive.ts';
import {
  type CountTokensResult,
  type EmbedResult,
  type LlmChunk,
  type LlmResult,
  shape,
  shapeEmbeddings,
} from './results.ts';
import { refusing } from './settings/optionFailure.ts';
import { callLlmJson, callLlmJsonStream } from './structured/callJson.ts';
import type { JsonChunk, JsonOptions, JsonResult } from './structured/jsonResults.ts';
import type { SchemaSource } from './structured/standardSchema.ts';
import { callLlmWithTools } from './tools/callTools.ts';
import type { Tools } from './tools/tool.ts';
import type { ToolOptions } from './tools/toolQuestion.ts';
import type { ToolsResult } from './tools/toolResults.ts';

type EmbedContents = EmbedContentParameters['contents'];

/**
 * A Gemini client that ends in an answer or in one error that says what to do. Every HTTP request of the official client
 * underneath passes one seam, where each error is classified once and answered by the strategy of its class.
 */
export class GeminiCore {
  readonly #settings: ClientSettings;
  readonly #calls: CallStarter;
  readonly #client: GoogleGenAI;
  readonly #model: ModelClient;
  #sdk: GoogleGenAI | undefined;
  #live: GeminiLive | undefined;

  /** @throws GeminiError (request / client-config) that names the option, its value and the allowed range */
  constructor(options: GeminiCoreOptions = {}) {
    this.#settings = refusing(() => clientSettings(options));
    this.#calls = new CallStarter(this.#settings, attachDebugLog(options.onEvent));
    this.#client = createOfficialClient(this.#settings, this.#calls.ownCallSeam());
    this.#model = modelClient({ calls: this.#calls, client: this.#client, settings: this.#settings });
  }

  /**
   * The official client on the same seam, for its whole surface: with its own methods, results and errors. What fails is repeated
   * below it, one HTTP request at a time.
   */
  get sdk(): GoogleGenAI {
    this.#sdk ??= openSdk(this.#calls, this.#settings);
    return this.#sdk;
  }

  /** Live sessions, which go on where their connection is lost. */
  get live(): GeminiLive {
    const { live } = this.#client;
    this.#live ??= new GeminiLive({ ...this.#settings, calls: this.#calls, live, vertex: this.#client.vertexai });
    return this.#live;
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
   * Asks for a value, and asks again with what is wrong until the answer fits the schema: of zod, valibot, arktype, any other
   * Standard Schema, or a plain JSON Schema.
   * @throws GeminiError, with the last text where no answer fitted, or the signal's own reason where the caller aborted
   */
  async callLlmJson<S extends SchemaSource>(
    request: LlmRequest,
    schema: S,
    options: JsonOptions = {},
  ): Promise<JsonResult<S>> {
    return callLlmJson<S>(this.#model, { request, schema, options });
  }

  /**
   * Asks for a value, once, and yields it as it grows; the last piece is complete and checked.
   * @throws GeminiError with `partialText`, or the signal's own reason where the caller aborted
   */
  callLlmJsonStream<S extends SchemaSource>(
    request: LlmRequest,
    schema: S,
    options: LlmOptions = {},
  ): AsyncGenerator<JsonChunk<S>, void, undefined> {
    return callLlmJsonStream<S>(this.#model, { request, schema, options });
  }

  /**
   * Asks the model, runs the tools that it asks for, each once, and gives it their results until it answers.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async callLlmWithTools<S extends Readonly<Record<string, SchemaSource>>>(
    request: LlmRequest,
    tools: Tools<S>,
    options: ToolOptions = {},
  ): Promise<ToolsResult> {
    return callLlmWithTools(this.#model, { request, tools, options });
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
  async makeApiCallWithRetry<T>(work: ApiWork<T>, options: ApiCallOptions = {}): Promise<T> {
    refusing(() => checkApiCall(work, options));
    return apiCall(this.#calls, this.#settings, { work, options });
  }

  #checked(request: LlmRequest, options: LlmOptions): LlmParameters {
    return refusing(() => {
      checkModelCall(options);
      return llmParameters(request, options, this.#settings.model);
    });
  }
}
