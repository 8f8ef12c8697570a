import { type GeminiError, isGeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';
import { abortRules } from './abortRules.ts';
import { authRules, authStatusRules, tokenRules } from './authRules.ts';
import { clientRules, configRules } from './clientRules.ts';
import { deliveryOf } from './delivery.ts';
import { errorInfoRules } from './errorInfoRules.ts';
import type { Facts } from './facts.ts';
import { failureFrom } from './failureFrom.ts';
import { failureOfFinding } from './failureOfFinding.ts';
import { findingOf } from './findings.ts';
import { type Gathered, gatherFacts } from './gatherFacts.ts';
import { networkRules } from './networkRules.ts';
import { quotaRules } from './quotaRules.ts';
import { regionRules, requestRules, requestStatusRules } from './requestRules.ts';
import type { Rule } from './rule.ts';
import { isObject, read } from './safeRead.ts';
import { answerRules, serverRules } from './serverRules.ts';
import { socketRules } from './socketRules.ts';

/**
 * The specification, first match decides: what was given up on purpose; what Google names itself; quotas, most final first; then
 * lost connections (only where nothing answered); then what words tell about credentials and requests; then bare statuses.
 */
function rulesFor(waitMs: number | undefined): readonly Rule[] {
  return [
    ...abortRules,
    ...errorInfoRules,
    ...regionRules,
    ...quotaRules(waitMs),
    ...configRules,
    ...networkBeforeWords,
    ...tokenRules,
    ...requestRules,
    ...authRules,
    ...socketRules,
    ...serverRules,
    ...answerRules,
    ...networkRules,
    ...authStatusRules,
    ...requestStatusRules,
    ...clientRules,
  ];
}

/** A connection lost on the way to the token endpoint is a lost connection, however much the text talks of credentials. */
const networkBeforeWords = networkRules.filter(([name]) => name.endsWith('-code') || name === 'certificate');

/** Classifies anything that can be caught. Never throws. */
export function classifyValue(error: unknown, wallClockMs: number | undefined): GeminiFailure {
  const own = failureOfOurs(error);
  if (own !== undefined) return own;
  try {
    return decide(gatherFacts(error, wallClockMs));
  } catch {
    return failureFrom({
      reason: 'client-bug',
      rule: 'unreadable-error',
      evidence: typeof error,
      message: '',
      delivery: 'ambiguous',
    });
  }
}

/** How deep a wrapper may hide an error of ours: the official client wraps what its fetch throws. */
const deepestOwn = 8;

function failureOfOurs(error: unknown): GeminiFailure | undefined {
  let value = error;
  for (let depth = 0; depth < deepestOwn && isObject(value); depth += 1) {
    const failure = isGeminiError(value) ? ownFailure(value) : undefined;
    if (failure !== undefined) return failure;
    value = read(value, 'cause');
  }
  return undefined;
}

function ownFailure(error: GeminiError): GeminiFailure | undefined {
  const failure: unknown = read(error, 'failure');
  if (typeof failure !== 'object' || failure === null) return undefined;
  const isFailure =
    typeof read(failure, 'errorClass') === 'string' &&
    typeof read(failure, 'reason') === 'string' &&
    typeof read(failure, 'retryable') === 'boolean';
  return isFailure ? error.failure : undefined;
}

function decide({ facts, retryAfterMs }: Gathered): GeminiFailure {
  const result = ofResult(facts);
  if (result !== undefined) return result;
  for (const [rule, reason, evidence] of rulesFor(retryAfterMs)) {
    const found = evidence(facts);
    if (found === undefined) continue;
    return failureFrom({
      reason,
      rule,
      evidence: found,
      message: facts.message,
      delivery: deliveryOf(reason, facts),
      status: facts.status,
      rpcStatus: facts.rpcStatus,
      quota: facts.quota,
      retryAfterMs,
    });
  }
  return failureFrom({
    reason: 'client-bug',
    rule: 'unknown-error',
    evidence: facts.kind,
    message: facts.message,
    delivery: 'ambiguous',
  });
}

/** An answer with status 200, or one quoted by a validator: judged by what it holds, unless an error came with it. */
function ofResult(facts: Facts): GeminiFailure | undefined {
  const [result] = facts.results;
  if (result === undefined || (facts.family !== 'none' && facts.family !== 'success')) return undefined;
  const finding = findingOf(result);
  return finding && failureOfFinding(finding, facts.status);
}
