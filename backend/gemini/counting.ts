import type { CountTokensParameters } from '@google/genai';
import type { ModelClientParts } from './asking.ts';
import type { CallOptions, LlmParameters } from './callSettings.ts';
import { answer } from './doors/methodDoor.ts';
import type { CountTokensResult } from './results.ts';

/**
 * Counts the tokens of a checked request.
 * @throws GeminiError, or the signal's own reason where the caller aborted
 */
export async function countTokens(
  { calls, client, files }: ModelClientParts,
  given: LlmParameters,
  options: CallOptions,
): Promise<CountTokensResult> {
  const { model } = given;
  const call = calls.start('core', 'countTokens', { ...options, ...given });
  return answer(call, {
    work: () =>
      files.sent(call, given, ready => client.models.countTokens(calls.bound(call, ready) as CountTokensParameters)),
    shape: ({ totalTokens = 0 }) => ({
      totalTokens,
      model,
      attempts: call.attempts,
      ...(call.fellBack && { fallback: call.fellBack }),
    }),
  });
}
