import type { GeminiReason } from '../reasons.ts';
import type { Facts, Family } from './facts.ts';

/** A rule's name, the reason it gives, and the evidence it found: undefined where it does not apply. */
export type Rule = readonly [name: string, reason: GeminiReason, evidence: (facts: Facts) => string | undefined];

/** A key problem is HTTP 400 as often as 401 or 403; without a status the words are all there is. */
export const refused: readonly Family[] = ['auth', 'request', 'none'];

/** A rule on words, in the families where those words mean it. `field`: `text` where the quoted parts are the evidence. */
export function says(
  name: string,
  reason: GeminiReason,
  families: readonly Family[],
  form: RegExp,
  field: 'prose' | 'text' = 'prose',
): Rule {
  return [name, reason, facts => (families.includes(facts.family) ? form.exec(facts[field])?.[0] : undefined)];
}

/** A rule on ErrorInfo reasons. */
export function reasonIs(name: string, reason: GeminiReason, ...reasons: readonly string[]): Rule {
  return [name, reason, facts => facts.reasons.find(found => reasons.includes(found))];
}

/** A rule on codes of exceptions, exact. */
export function codeIs(name: string, reason: GeminiReason, ...codes: readonly string[]): Rule {
  return [name, reason, facts => facts.codes.find(found => codes.includes(found))];
}

/** A rule on names of exceptions, exact. */
export function nameIs(name: string, reason: GeminiReason, ...names: readonly string[]): Rule {
  return [name, reason, facts => facts.names.find(found => names.includes(found))];
}

/** A rule on the HTTP status. */
export function statusIs(name: string, reason: GeminiReason, ...statuses: readonly number[]): Rule {
  return [
    name,
    reason,
    ({ status }) => (status !== undefined && statuses.includes(status) ? `status ${status}` : undefined),
  ];
}

/** A rule on the canonical name. */
export function rpcIs(name: string, reason: GeminiReason, ...names: readonly string[]): Rule {
  return [
    name,
    reason,
    ({ rpcStatus }) => (rpcStatus !== undefined && names.includes(rpcStatus) ? rpcStatus : undefined),
  ];
}

/** Only where no HTTP status is known. */
export function unanswered([name, reason, evidence]: Rule): Rule {
  return [name, reason, facts => (facts.family === 'none' ? evidence(facts) : undefined)];
}
