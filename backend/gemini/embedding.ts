import type { EmbedContentParameters } from '@google/genai';
import type { ModelClientParts } from './asking.ts';
import { checkModelCall, defaultEmbeddingModel, type EmbedOptions } from './callSettings.ts';
import { answer } from './doors/methodDoor.ts';
import { type EmbedResult, shapeEmbeddings } from './results.ts';
import { refusing } from './settings/optionFailure.ts';

/** What is turned into vectors: a text, several, or contents. */
export type EmbedContents = EmbedContentParameters['contents'];

/**
 * Turns texts into vectors.
 * @throws GeminiError, or the signal's own reason where the caller aborted
 */
export async function embed(
  { calls, client }: ModelClientParts,
  contents: EmbedContents,
  options: EmbedOptions,
): Promise<EmbedResult> {
  refusing(() => checkModelCall(options));
  const { model = defaultEmbeddingModel, config } = options;
  const call = calls.start('core', 'embedContent', { ...options, model });
  const parameters = calls.bound(call, { model, contents, config: { ...config } });
  return answer(call, {
    work: () => client.models.embedContent(parameters),
    shape: response => shapeEmbeddings(response, model, call.attempts),
  });
}
