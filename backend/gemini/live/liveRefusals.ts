import type { Attempt } from '../../resilience/attempt.ts';
import { GeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';

const refused = {
  ...{ errorClass: 'request', reason: 'client-config' },
  ...{ retryable: false, delivery: 'unsent' },
} as const satisfies Partial<GeminiFailure>;

/** The caller has ended the session, and sends. */
export function sessionClosed(attempts: readonly Attempt[]): GeminiError {
  const failure: GeminiFailure = {
    ...refused,
    rule: 'live-closed',
    evidence: 'state closed',
    message: 'The session is closed: nothing can be sent over it.',
    advice: 'Begin a new session.',
  };
  return new GeminiError({ failure, attempts });
}

/** The official client can make no message of the parameters. Its words may quote them, and are not shown. */
export function noMessage(cause: unknown): GeminiError {
  const failure: GeminiFailure = {
    ...refused,
    rule: 'live-no-message',
    evidence: 'parameters',
    message: 'parameters hold something of which no message can be made.',
    advice: 'Nothing was sent: the cause says what the official client has found.',
  };
  return new GeminiError({ failure, attempts: [], cause });
}
