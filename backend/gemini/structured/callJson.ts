import type { ModelClient } from '../asking.ts';
import type { LlmRequest } from '../callSettings.ts';
import { answer } from '../doors/methodDoor.ts';
import { streamAnswer } from '../doors/streamAnswer.ts';
import { GeminiError } from '../geminiError.ts';
import { refusing } from '../settings/optionFailure.ts';
import { askForJson } from './askForJson.ts';
import { jsonQuestion } from './jsonQuestion.ts';
import type { JsonChunk, JsonOptions, JsonResult } from './jsonResults.ts';
import { jsonPieces } from './jsonStream.ts';
import type { SchemaSource } from './standardSchema.ts';

/** A question whose answer is a value, as the caller put it. */
export interface JsonRequest {
  readonly request: LlmRequest;
  readonly schema: SchemaSource;
  readonly options: JsonOptions;
}

/**
 * Asks until the answer fits the schema.
 * @throws GeminiError, or the signal's own reason where the caller aborted
 */
export async function callLlmJson<S>(model: ModelClient, asked: JsonRequest): Promise<JsonResult<S>> {
  const { request, schema, options } = asked;
  const { defaultModel } = model;
  const question = refusing(() => jsonQuestion(request, schema, options, { defaultModel, allowed: ['maxRepairs'] }));
  const { maxRepairs: _maxRepairs, ...callOptions } = options;
  const asking = model.begin('generateContent', callOptions, question.parameters);
  return answer(asking.call, {
    work: () => askForJson<S>(asking, question),
    shape: result => result,
    // The checks of a schema are functions of the caller's own as well: the deadline bounds them.
    runsTools: true,
  });
}

/**
 * Asks once, and yields the value as it grows.
 * @throws GeminiError with `partialText`, or the signal's own reason where the caller aborted
 */
export function callLlmJsonStream<S>(
  model: ModelClient,
  { request, schema, options }: JsonRequest,
): AsyncGenerator<JsonChunk<S>, void, undefined> {
  const { defaultModel } = model;
  const question = refusing(() => jsonQuestion(request, schema, options, { defaultModel, allowed: [] }));
  const written = { text: '' };
  const begin = () => {
    const { call, askStream, secrets } = model.begin('streamGenerateContent', options, question.parameters);
    const streaming = { call, question, secrets, written };
    return { call, open: async () => jsonPieces<S>(await askStream(question.parameters), streaming) };
  };
  return withText(
    streamAnswer(begin, piece => piece),
    written,
  );
}

/** An error shall carry all that the model wrote, also what was kept back because it added nothing to show. */
async function* withText<T>(
  pieces: AsyncGenerator<T, void, undefined>,
  written: { readonly text: string },
): AsyncGenerator<T, void, undefined> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof GeminiError) || written.text === '') throw error;
    throw new GeminiError({ ...error, cause: error.cause, partialText: written.text });
  }
}
