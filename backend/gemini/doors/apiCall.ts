import type { GoogleGenAI } from '@google/genai';
import type { AttemptContext } from '../../resilience/attemptContext.ts';
import type { ApiCallOptions } from '../callSettings.ts';
import type { ClientSettings } from '../clientSettings.ts';
import { understand } from '../seam/understand.ts';
import { ApiCallContext } from './apiCallContext.ts';
import type { CallStarter } from './callStarter.ts';
import { createOfficialClient } from './officialClient.ts';
import { runOperation } from './runOperation.ts';

/** Any work of the caller's own, handed an `sdk` whose requests are not repeated by themselves. */
export type ApiWork<T> = (context: ApiCallContext) => T | Promise<T>;

/**
 * Runs work as the one exchange of its call.
 * @throws GeminiError, or the caller's own reason where the call was aborted
 */
export function apiCall<T>(
  calls: CallStarter,
  settings: ClientSettings,
  { work, options }: { readonly work: ApiWork<T>; readonly options: ApiCallOptions },
): Promise<T> {
  const call = calls.start('core', options.operation ?? 'makeApiCallWithRetry', options);
  const open = (signal: AbortSignal): GoogleGenAI =>
    createOfficialClient(
      settings,
      calls.seam(http => calls.start('single', http.operation, { ...options, signal })),
    );
  const operation = (attempt: AttemptContext) => work(new ApiCallContext(attempt, open));
  const { attemptTimeoutMs } = call.limits;
  const classify = (error: unknown) => understand(error, undefined, settings.secrets);
  return runOperation(call, call.send, operation, { classify, attemptTimeoutMs });
}
