import { createModelContent, createUserContent } from '@google/genai';
import type { LlmParameters } from '../callSettings.ts';
import { turnsOf } from '../turns.ts';
import { brokenOff } from './splice.ts';

const asking = (anchor: string): string => `Your answer was interrupted. The last that arrived of it is:

${anchor}

Go on with your answer now. Begin with exactly these last words, character by character, so that it can be joined; then continue as if nothing had happened. Add no introduction, no explanation and no quotation marks.`;

/** The request that asks the model to go on with a text that it had begun to answer with. */
export function goOnRequest(given: LlmParameters, text: string): LlmParameters {
  const { before, anchor } = brokenOff(text);
  const answered = before === '' ? [] : [createModelContent(before)];
  return { ...given, contents: [...turnsOf(given.contents), ...answered, createUserContent(asking(anchor))] };
}
