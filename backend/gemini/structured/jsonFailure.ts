import { cutAtLimit } from '../classification/cutAtLimit.ts';
import { failureFrom } from '../classification/failureFrom.ts';
import { failureOfResult } from '../classification/resultRules.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { LlmResult } from '../results.ts';
import { type Issue, issuesInWords } from './issues.ts';

/** What an answer that does not fit its schema is caused by: what the validator said. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(issuesInWords(issues));
    this.issues = issues;
  }
}

/** The answer came, but not what was asked for. */
function mismatch({ issues }: SchemaMismatch): GeminiFailure {
  return failureFrom({
    reason: 'malformed-output',
    rule: 'output-does-not-match-schema',
    evidence: issues.map(({ path }) => path || 'the value itself').join(', '),
    message: issuesInWords(issues),
    delivery: 'ambiguous',
    status: 200,
  });
}

/** Reasons to stop that say of themselves why the answer is not whole. */
const ordinary: ReadonlySet<string | undefined> = new Set([undefined, 'STOP', 'MAX_TOKENS', 'OTHER']);

/** What is known of an answer that is none. */
interface Known extends Pick<LlmResult, 'finishReason'> {
  /** It was cut at its limit of tokens, and more would have belonged to its value. */
  readonly isCut: boolean;
  /** It held a JSON value at all. */
  readonly hasJson: boolean;
}

/** Why an answer is none, and whether asking again can help: not where it was cut at its limit of tokens or blocked. */
export function failureOfJson(
  cause: SchemaMismatch,
  { finishReason, isCut, hasJson }: Known,
): { readonly failure: GeminiFailure; readonly mayAskAgain: boolean } {
  if (isCut) return { failure: cutAtLimit('the JSON'), mayAskAgain: false };
  const stopped =
    ordinary.has(finishReason) || hasJson ? undefined : failureOfResult({ candidates: [{ finishReason }] });
  if (stopped !== undefined && !stopped.retryable) return { failure: stopped, mayAskAgain: false };
  return { failure: mismatch(cause), mayAskAgain: true };
}

/** What is wrong with a text without JSON. */
export const noJson = (text: string): SchemaMismatch =>
  new SchemaMismatch([
    { path: '', message: text.trim() === '' ? 'The answer is empty.' : 'The answer is not one JSON value.' },
  ]);
