import type { GeminiFailure } from '../reasons.ts';
import { failureFrom } from './failureFrom.ts';

/** The model broke off at its limit of tokens in the middle of something that half of is no use. @param what as in "the JSON" */
export const cutAtLimit = (what: string): GeminiFailure => ({
  ...failureFrom({
    reason: 'invalid-argument',
    rule: 'output-cut-at-token-limit',
    evidence: `finishReason MAX_TOKENS within ${what}`,
    message: `The answer reached its limit of tokens within ${what}.`,
    delivery: 'ambiguous',
    status: 200,
  }),
  advice: 'Raise maxOutputTokens, lower the thinking budget, or ask for less at once.',
});
