import type { GeminiFailure } from '../reasons.ts';
import type { LlmResult } from '../results.ts';
import { failureOfJson, noJson, SchemaMismatch } from './jsonFailure.ts';
import { jsonIn } from './jsonInText.ts';
import type { ReadSchema } from './readSchema.ts';

/** What an answer holds: the value that was asked for, or why it is none. */
export type JsonAnswer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly failure: GeminiFailure;
      readonly cause: SchemaMismatch;
      /** Can the model be told what is wrong? */
      readonly mayAskAgain: boolean;
    };

/** Reads an answer as the schema wants it. */
export async function readAnswer(
  answer: Pick<LlmResult, 'text' | 'finishReason'>,
  { check }: ReadSchema,
): Promise<JsonAnswer> {
  const found = jsonIn(answer.text);
  const checked = found && (await check(found.value));
  if (checked?.ok) return checked;
  const cause = checked === undefined ? noJson(answer.text) : new SchemaMismatch(checked.issues);
  return { ok: false, cause, ...failureOfJson(answer, cause, found !== undefined) };
}
