import type { Failure } from '../../resilience/failure.ts';
import { show } from '../../resilience/optionError.ts';
import type { Completion } from './completion.ts';
import { NoAnswer, noAnswer } from './noAnswer.ts';

/** The words in which services say that a filter, or the model itself, refused. */
const blocked =
  /^(?:content[-_]?filter(?:ed)?|refusal|safety|recitation|blocklist|prohibited_content|spii|guardrail_intervened)$/i;
/** That the allowance of tokens was used up. */
const cramped = /^(?:length|max_(?:output_)?tokens|model_context_window_exceeded)$/i;
/** That something else than text comes next, which its caller knows what to do with. */
const goesOn = /^(?:tool|function|pause)/i;

const rule = 'registry-answer';

/** What a filter stopped before its first text; undefined where none did. */
export function blockedBy(finishReason: string | undefined): NoAnswer | undefined {
  if (finishReason === undefined || !blocked.test(finishReason)) return undefined;
  const message = `The answer was stopped (${finishReason}) before its first text.`;
  return noAnswer('blocked', { rule, evidence: `finish reason ${finishReason}`, message });
}

/** Why something without any text is no answer; undefined where it is one all the same. */
function withoutText({ finishReason }: Pick<Completion, 'finishReason'>): NoAnswer | undefined {
  const stopped = blockedBy(finishReason);
  if (stopped !== undefined || (finishReason !== undefined && goesOn.test(finishReason))) return stopped;
  const isCramped = finishReason !== undefined && cramped.test(finishReason);
  const evidence = `finish reason ${finishReason?.slice(0, 60) ?? 'missing'}, without text`;
  const message = isCramped ? 'The allowance of tokens ended before the first text.' : 'The answer has no text.';
  return noAnswer(isCramped ? 'cramped' : 'empty', { rule, evidence, message });
}

/** What has no shape that is known. */
export const ofNoShape = (): NoAnswer =>
  noAnswer('malformed', { rule, evidence: 'the shape of the body', message: 'The answer has not the shape of one.' });

/**
 * Is it an answer? A text is one, however it ended; what has none has to say why.
 * @param stated what the service’s own words for it are, where the backend reads them
 * @throws NoAnswer
 */
export function judge(completion: Pick<Completion, 'text' | 'finishReason'>, stated: Failure | undefined): void {
  if (stated !== undefined) throw new NoAnswer(stated);
  const error = completion.text === '' ? withoutText(completion) : undefined;
  if (error !== undefined) throw error;
}

/**
 * What a function of the user's own gave, if it is an answer.
 * @throws TypeError for what has not the shape of one: an error of the program. NoAnswer
 */
export function judged(given: unknown): Completion {
  const isCompletion = typeof given === 'object' && given !== null && typeof Reflect.get(given, 'text') === 'string';
  if (!isCompletion)
    throw new TypeError(`A function that answers for a provider gave ${show(given)}, but must give { text: string }.`);
  judge(given as Completion, undefined);
  return given as Completion;
}
