import { createUserContent, type GenerateContentResponse } from '@google/genai';
import { emit } from '../../resilience/emit.ts';
import type { Asking } from '../asking.ts';
import type { LlmParameters } from '../callSettings.ts';
import { GeminiError } from '../geminiError.ts';
import { type LlmResult, shape, usageInAll } from '../results.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { cleaner, masked } from '../seam/promptMask.ts';
import { turnsOf } from '../turns.ts';
import type { JsonQuestion } from './jsonQuestion.ts';
import type { JsonResult } from './jsonResults.ts';
import { type JsonAnswer, readAnswer } from './readAnswer.ts';

type Wrong = Extract<JsonAnswer, { ok: false }>;

/** The last attempt had succeeded, as far as an attempt goes; then its answer was read. */
function noteWrong(call: GeminiCall, { failure }: Wrong): void {
  const last = call.attempts.at(-1);
  if (last !== undefined) call.attempts = [...call.attempts.slice(0, -1), { ...last, failure }];
}

/** The first question, the answer to it, and what is wrong with that. */
function askedAgain(given: LlmParameters, { candidates }: GenerateContentResponse, repair: string): LlmParameters {
  const answer = candidates?.[0]?.content;
  const words = `Your answer does not fit the schema:\n${repair}\nAnswer again with the corrected JSON alone.`;
  // A turn without parts is refused by the API.
  const said = answer?.parts?.length ? [{ ...answer, role: 'model' }] : [];
  return { ...given, contents: [...turnsOf(given.contents), ...said, createUserContent(words)] };
}

/**
 * Asks until the answer fits the schema, within one call: one deadline, one history.
 * @throws GeminiError with the last text
 */
export async function askForJson<S>({ call, ask, secrets }: Asking, question: JsonQuestion): Promise<JsonResult<S>> {
  const { parameters: first, schema, maxRepairs } = question;
  let parameters = first;
  let before: LlmResult['usage'];
  for (let asks = 1; ; asks += 1) {
    const response = await ask(parameters);
    const answer = shape(response, first.model, call);
    const usage = usageInAll([before, answer.usage]);
    const read = await readAnswer(answer, schema);
    call.signal?.throwIfAborted();
    if (read.ok) {
      const value = read.value as JsonResult<S>['value'];
      return { ...answer, value, asks, usage, lastUsage: answer.usage };
    }
    const wrong = { ...read, failure: masked(read.failure, cleaner(JSON.stringify(first.contents), secrets)) };
    noteWrong(call, wrong);
    if (read.repair === undefined || asks > maxRepairs) throw errorOf(call, wrong, answer.text);
    if (call.listener) emit(call, { type: 'repair', ask: asks + 1, failure: wrong.failure });
    parameters = askedAgain(first, response, read.repair);
    before = usage;
  }
}

function errorOf({ attempts }: GeminiCall, { failure, cause }: Wrong, partialText: string): GeminiError {
  return new GeminiError({ failure, attempts, cause, partialText });
}
