import type { Delivery, Failure, QuotaViolation } from '../../resilience/failure.ts';
import { redact } from '../../resilience/redact.ts';
import { factsOf, type ProviderReason } from './reasons.ts';
import type { Rule } from './rules.ts';
import { statedWaitMs } from './statedWaits.ts';
import type { WireFacts } from './wireFacts.ts';

/** A failure of a provider: its reason is one of the closed list. */
export type ProviderFailure = Failure<ProviderReason>;

/** What a provider adds to its rules. */
export interface Reading {
  readonly rules: readonly Rule[];
  /** What to do, where it is more than the reason says. */
  readonly advice?: Partial<Record<ProviderReason, string>> | undefined;
  /** The quotas that a refusal names. */
  readonly violations?: ((facts: WireFacts) => readonly QuotaViolation[]) | undefined;
  /** The time now, in milliseconds since 1970. */
  readonly wallMs: number;
}

const longestMessage = 2_000;
const longestEvidence = 200;

/** Longer waits are stated, but nobody waits for them in a call. */
const longWaitMs = 3_600_000;
const longWait = 'quota-long-wait';

const unsent: ReadonlySet<ProviderReason> = new Set([
  'connection-refused',
  'connection-failed',
  'dns',
  'tls',
  'client-bug',
  'client-config',
  'resource-locked',
]);

/** Statuses behind which the work may have been done: the answer was given up, not refused. */
const ambiguousStatuses: readonly number[] = [408, 409, 425, 499];

function deliveryOf(reason: ProviderReason, { status, answered, codes }: WireFacts): Delivery {
  if (status === 503 || status === 529) return 'rejected';
  if (status !== undefined && status >= 400 && status < 500)
    return ambiguousStatuses.includes(status) ? 'ambiguous' : 'rejected';
  if (!answered && (unsent.has(reason) || codes.includes('UND_ERR_CONNECT_TIMEOUT'))) return 'unsent';
  const { errorClass } = factsOf(reason);
  return (answered && errorClass !== 'server') || errorClass === 'quota' || errorClass === 'auth'
    ? 'rejected'
    : 'ambiguous';
}

interface Found {
  readonly reason: ProviderReason;
  readonly rule: string;
  readonly evidence: string;
}

function find(rules: readonly Rule[], facts: WireFacts): Found {
  for (const [rule, reason, test] of rules) {
    const evidence = test(facts);
    if (evidence !== undefined && evidence !== false) return { reason, rule, evidence };
  }
  return { reason: 'client-bug', rule: 'unknown', evidence: facts.codes.at(-1) ?? 'nothing that is known' };
}

/** A rule of a user's own may throw on what it did not expect: then the general ones decide. */
function foundIn({ rules }: Reading, general: readonly Rule[], facts: WireFacts): Found {
  try {
    return find([...rules, ...general], facts);
  } catch {
    return find(general, facts);
  }
}

/** A wait says more than words: hours are not waited for, and what comes back in minutes is. */
function afterWait(reason: ProviderReason, waitMs: number | undefined): ProviderReason {
  if (waitMs === undefined) return reason;
  if (waitMs < longWaitMs) return reason === longWait ? 'quota-unspecified' : reason;
  return factsOf(reason).retryable ? longWait : reason;
}

/** What the server says of sending again, which it knows best. A quota that is spent comes back only with its time. */
function mayRetry({ header }: WireFacts, retryable: boolean, isQuota: boolean): boolean {
  const said = header('x-should-retry');
  return said !== 'false' && (retryable || (said === 'true' && !isQuota));
}

/** The failure that the facts are: class, advice and retryability by the reason, secrets removed from its words. */
export function providerFailure(facts: WireFacts, reading: Reading, general: readonly Rule[]): ProviderFailure {
  const found = foundIn(reading, general, facts);
  const first = factsOf(found.reason);
  const isQuota = first.errorClass === 'quota';
  // What is refused for good may quote anything.
  const bodyCounts = isQuota || (facts.answered && first.retryable);
  const retryAfterMs = statedWaitMs(facts, bodyCounts, reading.wallMs);
  const reason = isQuota ? afterWait(found.reason, retryAfterMs) : found.reason;
  const { errorClass, retryable, advice } = factsOf(reason);
  const quota = (isQuota && reading.violations?.(facts)) || [];
  return {
    errorClass,
    reason,
    retryable: mayRetry(facts, retryable, isQuota),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(facts.status !== undefined && { status: facts.status }),
    ...(facts.code !== '' && { rpcStatus: redact(facts.code.slice(0, longestEvidence)) }),
    ...(quota.length > 0 && { quota }),
    delivery: deliveryOf(reason, facts),
    rule: found.rule,
    evidence: redact(found.evidence.slice(0, longestEvidence)),
    message: redact(facts.message.slice(0, longestMessage)).trim(),
    advice: reading.advice?.[reason] ?? advice,
  };
}
