import type { GenerateContentResponse } from '@google/genai';
import { checkOneOf } from '../../resilience/optionError.ts';
import type { ModelClient } from '../asking.ts';
import { checkModelCall, type LlmOptions, type LlmParameters, runsTools, signalOf } from '../callSettings.ts';
import { streamAnswer } from '../doors/streamAnswer.ts';
import { shape } from '../results.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { withLong } from '../seam/longValues.ts';
import { goingOn } from './goingOn.ts';
import { LlmStream } from './llmStream.ts';

/** Settings of one streamed question. */
export interface StreamOptions extends LlmOptions {
  /**
   * Whether a stream that breaks after its first content is gone on with: the model is asked to continue its text, and what it repeats
   * of it is cut. Where the two cannot be joined without guessing, the stream ends in the error that broke it. @default false
   */
  readonly resume?: boolean | undefined;
}

/** @throws OptionError */
export function checkStreamCall(options: StreamOptions): void {
  const { resume, ...others } = Object(options) as StreamOptions;
  checkModelCall(others);
  if (resume !== undefined) checkOneOf('options.resume', resume, [true, false]);
}

/** The stream of a question. Nothing is sent before somebody reads it. */
export function openStream(model: ModelClient, { resume, ...options }: StreamOptions, given: LlmParameters): LlmStream {
  const { abortSignal: _own, ...config } = given.config;
  const parameters = { ...given, config };
  const begin = (signal: AbortSignal) => () => {
    const { call, askStream } = model.begin('streamGenerateContent', { ...options, signal }, parameters);
    // The official client hands arguments on to functions of the caller's own before we see them.
    if (!runsTools(config)) call.long = new Map();
    const open = async (): Promise<AsyncIterable<GenerateContentResponse>> =>
      resume ? goingOn({ call, ask: askStream, given: parameters }) : askStream(parameters);
    return { call, open };
  };
  const shaped = (piece: GenerateContentResponse, call: GeminiCall) => shape(withLong(piece, call), given.model, call);
  return new LlmStream({
    model: given.model,
    signal: signalOf(options, given.config),
    pieces: signal => streamAnswer(begin(signal), shaped),
  });
}
