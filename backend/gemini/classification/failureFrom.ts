import type { Delivery, QuotaViolation } from '../../resilience/failure.ts';
import type { GeminiFailure, GeminiReason } from '../reasons.ts';
import { classOf, reasonTable } from './reasonTable.ts';
import { redact } from './redact.ts';

/** What a rule found out; the rest of a failure follows from the reason. */
export interface Verdict {
  readonly reason: GeminiReason;
  readonly rule: string;
  readonly evidence: string;
  readonly message: string;
  readonly delivery: Delivery;
  readonly status?: number | undefined;
  readonly rpcStatus?: string | undefined;
  readonly quota?: readonly QuotaViolation[];
  readonly retryAfterMs?: number | undefined;
}

const longestMessage = 2_000;
const longestEvidence = 200;

/** How far past the cut is read, so that a secret that stands across it is seen as one. */
const overlap = 4_000;

function clean(text: string, longest: number): string {
  return redact(text.slice(0, longest + overlap))
    .slice(0, longest)
    .trim();
}

/** The failure that follows from a verdict: class, advice and retryability by its reason, secrets removed from its words. */
export function failureFrom(verdict: Verdict): GeminiFailure {
  const { reason, status, rpcStatus, quota = [], retryAfterMs } = verdict;
  const { retryable, advice } = reasonTable[reason];
  return {
    errorClass: classOf(reason),
    reason,
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status !== undefined && { status }),
    ...(rpcStatus !== undefined && { rpcStatus }),
    ...(quota.length > 0 && { quota }),
    delivery: verdict.delivery,
    rule: verdict.rule,
    evidence: clean(verdict.evidence, longestEvidence),
    message: clean(verdict.message, longestMessage),
    advice,
  };
}
