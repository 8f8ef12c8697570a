import type { GoogleGenAI } from '@google/genai';
import { attachDebugLog } from '../adapters/debugLog.ts';
import { type ModelClient, type ModelClientParts, modelClient } from './asking.ts';
import {
  type ApiCallOptions,
  type CallOptions,
  checkApiCall,
  checkModelCall,
  type EmbedOptions,
  type LlmOptions,
  type LlmParameters,
  type LlmRequest,
  llmParameters,
  runsTools,
} from './callSettings.ts';
import { type Chat, openChat } from './chats/chat.ts';
import type { ChatOptions } from './chats/chatOptions.ts';
import { type ClientSettings, clientSettings, type GeminiCoreOptions } from './clientSettings.ts';
import { countTokens } from './counting.ts';
import { type ApiWork, apiCall } from './doors/apiCall.ts';
import { CallStarter } from './doors/callStarter.ts';
import { answer } from './doors/methodDoor.ts';
import { createOfficialClient } from './doors/officialClient.ts';
import { openSdk } from './doors/openSdk.ts';
import { type EmbedContents, embed } from './embedding.ts';
import { FileSender } from './files/fileSender.ts';
import type { FileSource } from './files/givenFile.ts';
import type { UploadedFile } from './files/uploadedFile.ts';
import { upload } from './files/uploadFile.ts';
import type { UploadOptions } from './files/uploadOptions.ts';
import { GeminiLive } from './live/geminiLive.ts';
import { type CountTokensResult, type EmbedResult, type LlmResult, shape } from './results.ts';
import { refusing } from './settings/optionFailure.ts';
import type { LlmStream } from './streams/llmStream.ts';
import { checkStreamCall, openStream, type StreamOptions } from './streams/openStream.ts';
import { callLlmJson, callLlmJsonStream } from './structured/callJson.ts';
import type { JsonChunk, JsonOptions, JsonResult } from './structured/jsonResults.ts';
import type { SchemaSource } from './structured/standardSchema.ts';
import { callLlmWithTools } from './tools/callTools.ts';
import type { Tools } from './tools/tool.ts';
import type { ToolOptions } from './tools/toolQuestion.ts';
import type { ToolsResult } from './tools/toolResults.ts';

/**
 * A Gemini client that ends in an answer or in one error that says what to do. Every HTTP request of the official client
 * underneath passes one seam, where each error is classified once and answered by the strategy of its class.
 */
export class GeminiCore {
  readonly #settings: ClientSettings;
  readonly #calls: CallStarter;
  readonly #client: GoogleGenAI;
  readonly #parts: ModelClientParts;
  readonly #model: ModelClient;
  #sdk: GoogleGenAI | undefined;
  #live: GeminiLive | undefined;

  /** @throws GeminiError (request / client-config) that names the option, its value and the allowed range */
  constructor(options: GeminiCoreOptions = {}) {
    this.#settings = refusing(() => clientSettings(options));
    this.#calls = new CallStarter(this.#settings, attachDebugLog(options.onEvent));
    this.#client = createOfficialClient(this.#settings, this.#calls.ownCallSeam());
    const parts = { calls: this.#calls, client: this.#client, settings: this.#settings };
    this.#parts = { ...parts, files: new FileSender(parts) };
    this.#model = modelClient(this.#parts);
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
    const { call, ask } = this.#model.begin('generateContent', options, given);
    return answer(call, {
      work: () => ask(given),
      shape: response => shape(response, given.model, call),
      runsTools: runsTools(given.config),
    });
  }

  /**
   * Asks the model and yields its answer as it comes, in a loop or whole by `result`. Nothing is sent before either is asked for;
   * leaving the loop frees the socket. With `resume` a stream that breaks is gone on with.
   * @throws GeminiError with `state` and `partialText`, or the signal's own reason where the caller aborted
   */
  callLlmStream(request: LlmRequest, options: StreamOptions = {}): LlmStream {
    refusing(() => checkStreamCall(options));
    const { resume: _resume, ...asked } = options;
    return openStream(this.#model, options, this.#checked(request, asked));
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

  /** A conversation, whose history is exactly its completed turns. @throws GeminiError for settings or a history that cannot be */
  chat(options: ChatOptions = {}): Chat {
    const { runtime, model: defaultModel } = this.#settings;
    return openChat({ model: this, runtime, defaultModel }, options);
  }

  /**
   * Puts a file into the Files API and waits until it can be asked about. What it gives is a part of any prompt.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async uploadFile(source: FileSource, options: UploadOptions = {}): Promise<UploadedFile> {
    return upload(this.#parts, source, options);
  }

  /**
   * Turns texts into vectors.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async embed(contents: EmbedContents, options: EmbedOptions = {}): Promise<EmbedResult> {
    return embed(this.#parts, contents, options);
  }

  /**
   * Counts the tokens of a prompt without sending it to the model.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  async countTokens(
    request: LlmRequest,
    options: CallOptions & { readonly model?: string } = {},
  ): Promise<CountTokensResult> {
    return countTokens(this.#parts, this.#checked(request, options), options);
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
