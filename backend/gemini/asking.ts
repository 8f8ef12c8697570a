import type { GenerateContentResponse, GoogleGenAI } from '@google/genai';
import type { LlmOptions, LlmParameters } from './callSettings.ts';
import type { CallStarter } from './doors/callStarter.ts';
import type { FileSender } from './files/fileSender.ts';
import type { GeminiCall } from './seam/geminiCall.ts';

/** A call in which the model is asked, once or several times: each ask is an exchange of the one call. */
export interface Asking {
  readonly call: GeminiCall;
  readonly ask: (parameters: LlmParameters) => Promise<GenerateContentResponse>;
  readonly askStream: (parameters: LlmParameters) => Promise<AsyncIterable<GenerateContentResponse>>;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
}

/** What the methods that ask a model several times need of their client. */
export interface ModelClient {
  /** The model of calls that name none. */
  readonly defaultModel: string;
  /** Begins a call; its deadline runs from now. */
  readonly begin: (operation: string, options: LlmOptions, given: LlmParameters) => Asking;
}

/** What a model client is made of. */
export interface ModelClientParts {
  readonly calls: CallStarter;
  readonly client: GoogleGenAI;
  readonly files: FileSender;
  readonly settings: { readonly model: string; readonly secrets: readonly string[] };
}

/** The way to the model for calls that ask it more than once. */
export function modelClient({ calls, client, files, settings }: ModelClientParts): ModelClient {
  const { model, secrets } = settings;
  return {
    defaultModel: model,
    begin: (operation, options, given) => {
      const call = calls.start('core', operation, { ...options, ...given });
      return {
        call,
        ask: parameters =>
          files.sent(call, parameters, ready => client.models.generateContent(calls.bound(call, ready))),
        askStream: parameters =>
          files.sent(call, parameters, ready => client.models.generateContentStream(calls.bound(call, ready))),
        secrets,
      };
    },
  };
}
