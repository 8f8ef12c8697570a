import type { GeminiReason } from '../reasons.ts';
import { codeIs, nameIs, type Rule, says, unanswered } from './rule.ts';

/** First of all: what was given up on purpose, by a clock or by the caller, is no outage, whatever else it says. */
export const abortRules: readonly Rule[] = [
  unanswered(
    nameIs(
      'timeout-by-name',
      'timeout',
      'TimeoutError',
      'APIConnectionTimeoutError',
      'APITimeoutError',
      'RequestTimeoutError',
    ),
  ),
  nameIs(
    'abort-by-name',
    'aborted-by-user',
    'AbortError',
    'APIUserAbortError',
    'CanceledError',
    'CancelledError',
    'asyncio.CancelledError',
    'AbortedError',
    'ResponseAborted',
    'GoogleGenerativeAIAbortError',
  ),
  ['cancelled-on-client', 'aborted-by-user', ({ text }) => /\bcancelled on client\b/i.exec(text)?.[0]],
  codeIs('abort-by-code', 'aborted-by-user', 'ABORT_ERR', 'ERR_CANCELED', 'UND_ERR_ABORTED'),
  says('timeout-of-abort-signal', 'timeout', ['none'], /aborted due to timeout/i),
  ofNoServer(
    'abort-in-words',
    'aborted-by-user',
    /user aborted|\b(?:this|the) operation was aborted|request (?:was )?aborted\b|aborted by (?:the )?(?:user|client|caller)|signal is aborted|\bcontext canceled\b|cancell?ed by (?:the )?user|request was cancell?ed by/i,
  ),
];

/** Words that only a client says of itself: in the close of a WebSocket they are the server's. */
function ofNoServer(name: string, reason: GeminiReason, form: RegExp): Rule {
  const [, , evidence] = says(name, reason, ['none'], form);
  return [name, reason, facts => (facts.closeCode === undefined ? evidence(facts) : undefined)];
}
