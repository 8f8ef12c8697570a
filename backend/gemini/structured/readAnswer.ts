import { failureFrom } from '../classification/failureFrom.ts';
import { wordsOf } from '../classification/safeRead.ts';
import { isGeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { LlmResult } from '../results.ts';
import { failureOfJson, noJson, SchemaMismatch } from './jsonFailure.ts';
import { jsonIn } from './jsonInText.ts';
import type { Checked, ReadSchema } from './readSchema.ts';

/** What an answer holds: the value that was asked for, or why it is none. */
export type JsonAnswer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly failure: GeminiFailure;
      readonly cause: unknown;
      /** What the model can be told is wrong; undefined where asking it again cannot help. */
      readonly repair: string | undefined;
    };

/** The caller's own check failed: the answer has come, and may well be good. */
function checkFailed(cause: unknown): JsonAnswer {
  const failure = failureFrom({
    reason: 'client-bug',
    rule: 'schema-check-failed',
    evidence: 'the check of the schema',
    message: `The check of the schema failed: ${wordsOf(cause)}`,
    delivery: 'ambiguous',
    status: 200,
  });
  const advice = 'The cause is the error of the schema’s own check.';
  return { ok: false, failure: { ...failure, advice }, cause, repair: undefined };
}

/** Reads an answer as the schema wants it. @throws a GeminiError of another call that the check made */
export async function readAnswer(
  { text, finishReason }: Pick<LlmResult, 'text' | 'finishReason'>,
  { check }: ReadSchema,
): Promise<JsonAnswer> {
  const { found, mayGoOn } = jsonIn(text);
  const isCut = mayGoOn && finishReason === 'MAX_TOKENS';
  let checked: Checked | undefined;
  try {
    checked = found === undefined || isCut ? undefined : await check(found.value);
  } catch (error) {
    if (isGeminiError(error)) throw error;
    return checkFailed(error);
  }
  if (checked?.ok) return checked;
  const cause = checked === undefined ? noJson(text) : new SchemaMismatch(checked.issues);
  const { failure, mayAskAgain } = failureOfJson(cause, { finishReason, isCut, hasJson: found !== undefined });
  return { ok: false, failure, cause, repair: mayAskAgain ? cause.message : undefined };
}
