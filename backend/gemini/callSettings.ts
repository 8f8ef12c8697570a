import type { EmbedContentParameters, GenerateContentConfig, GenerateContentParameters } from '@google/genai';
import {
  checkFunction,
  checkIsObject,
  checkNumber,
  checkObject,
  checkSignal,
  type NumberRange,
  OptionError,
  show,
} from '../resilience/optionError.ts';
import { checkModel } from './clientSettings.ts';
import type { GivenFile } from './files/givenFile.ts';
import { type FilePrompt, givenContents, isFilePrompt, type Prompt, type PromptPart } from './files/givenParts.ts';
import { type CallLimits, checkCallSignal, checkHttpOptions, checkLimits, limitNames } from './settings/callLimits.ts';
import { checkRemedies, type RemedyOptions } from './settings/remedyOptions.ts';
import { checkRetryOptions, type RetryOptions } from './settings/retryConfig.ts';

/** Settings of one call. What is left out is the client's. */
export interface CallOptions extends CallLimits {
  /** Ends the call at any moment; it rejects at once, with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Where calls wait for each other, the higher goes first: an integer from -1,000 to 1,000. @default 0 */
  readonly priority?: number | undefined;
  /** What is changed of a request whose result was of no use, before it is sent again. @default the client's */
  readonly remedies?: RemedyOptions | undefined;
}

/** Settings of one question to the model. */
export interface LlmOptions extends CallOptions {
  readonly model?: string | undefined;
  /** The official client's own settings for generation; wins over those of the request. */
  readonly config?: GenerateContentConfig | undefined;
}

/**
 * A prompt, its parts (among them files: `{ file: './a.pdf' }`), one file alone, or a request as the official client takes it, whose
 * model may be left to the client.
 */
export type LlmRequest = string | readonly PromptPart[] | FilePrompt | LlmQuestion;

/** A request as the official client takes it, in which files may stand. */
export interface LlmQuestion extends Omit<GenerateContentParameters, 'model' | 'contents'> {
  readonly contents: Prompt | GenerateContentParameters['contents'];
  readonly model?: string;
}

/** Settings of one request for vectors. */
export interface EmbedOptions extends CallOptions {
  /** @default 'gemini-embedding-001' */
  readonly model?: string | undefined;
  readonly config?: NonNullable<EmbedContentParameters['config']> | undefined;
}

/** Settings of one piece of work under `makeApiCallWithRetry`. */
export interface ApiCallOptions extends CallOptions {
  /** The name of the work in events and log lines. @default 'makeApiCallWithRetry' */
  readonly operation?: string | undefined;
}

/** A stable model for text, with 3,072 dimensions. */
export const defaultEmbeddingModel = 'gemini-embedding-001';

/** The names of what every call can be told. */
export const callKeys = ['signal', 'retry', 'priority', 'remedies', ...limitNames];

const priorityRange: NumberRange = { min: -1_000, max: 1_000, integer: true };
const modelCallKeys: ReadonlySet<string> = new Set([...callKeys, 'model', 'config']);
const apiCallKeys: ReadonlySet<string> = new Set([...callKeys, 'operation']);

/** Checks what every call can be told; `known`: all its names. @throws OptionError */
export function checkCallOptions(options: CallOptions, known: ReadonlySet<string>): void {
  checkObject('options', options, known);
  checkLimits('options.', options);
  checkCallSignal('options.', options.signal);
  if (options.retry !== undefined) checkRetryOptions('options.retry', options.retry);
  if (options.priority !== undefined) checkNumber('options.priority', options.priority, priorityRange);
  if (options.remedies !== undefined) checkRemedies('options.remedies', options.remedies);
}

/** @param more names of options that this call has beside those of every question. @throws OptionError */
export function checkModelCall(options: LlmOptions | EmbedOptions, more: readonly string[] = []): void {
  checkCallOptions(options, more.length === 0 ? modelCallKeys : new Set([...modelCallKeys, ...more]));
  checkModel('options.model', options.model);
  if (options.config !== undefined) checkConfig(options.config);
}

/** @throws OptionError */
export function checkApiCall(operation: unknown, options: ApiCallOptions): void {
  checkFunction('operation', operation);
  const { operation: name } = options;
  if (name !== undefined && typeof name !== 'string') throw new OptionError('options.operation', show(name), 'a text');
  checkCallOptions(options, apiCallKeys);
}

/** What the official client is asked for. */
export interface LlmParameters extends GenerateContentParameters {
  config: GenerateContentConfig;
  /** The files that stand in the contents, and are read when they are sent. Absent: there are none. */
  readonly files?: readonly GivenFile[];
}

/** Does the official client run functions of the caller's own between its requests? */
export function runsTools({ tools }: GenerateContentConfig): boolean {
  return tools?.some(tool => 'callTool' in tool) ?? false;
}

/** Checks the official client's settings where they are ours to carry out. @throws OptionError */
function checkConfig(config: unknown): void {
  checkIsObject('config', config);
  const { abortSignal, httpOptions, tools } = config as GenerateContentConfig;
  if (abortSignal !== undefined) checkSignal('config.abortSignal', abortSignal);
  if (httpOptions !== undefined) checkHttpOptions('config.httpOptions', httpOptions);
  if (tools === undefined) return;
  if (!Array.isArray(tools)) throw new OptionError('config.tools', show(tools), 'an array');
  for (const [index, tool] of tools.entries()) checkIsObject(`config.tools[${index}]`, tool);
}

/** A fresh copy, because the official client writes into what it is given. @throws OptionError */
export function llmParameters(request: LlmRequest, options: LlmOptions, defaultModel: string): LlmParameters {
  const isPrompt = typeof request === 'string' || Array.isArray(request) || isFilePrompt(request);
  const { contents, config, model } = isPrompt ? { contents: request } : Object(request);
  if (
    contents === undefined ||
    contents === null ||
    (Array.isArray(contents) && isPrompt && contents.length === 0) ||
    contents === ''
  ) {
    throw new OptionError('prompt', isPrompt ? 'empty' : show(request), 'a text, parts, or a request with contents');
  }
  checkModel('request.model', model);
  if (config !== undefined) checkConfig(config);
  const parameters = { model: options.model ?? model ?? defaultModel, config: { ...config, ...options.config } };
  if (typeof contents === 'string') return { ...parameters, contents };
  const given = givenContents(isPrompt ? 'prompt' : 'request.contents', contents);
  return { ...parameters, contents: given.contents, ...(given.files.length > 0 && { files: given.files }) };
}

/** The caller's signal: of the options, of the client's own config, or either. */
export function signalOf(
  options: CallOptions,
  config: { readonly abortSignal?: AbortSignal } | undefined,
): AbortSignal | undefined {
  const { signal } = options;
  const other = config?.abortSignal;
  return signal !== undefined && other !== undefined ? AbortSignal.any([signal, other]) : (signal ?? other);
}
