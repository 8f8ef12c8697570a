import type { GeminiFailure } from '../reasons.ts';
import { failureFrom } from './failureFrom.ts';
import type { Finding } from './findings.ts';

/** The failure that a bad result is. */
export function failureOfFinding(finding: Finding, status: number | undefined): GeminiFailure {
  const { reason, rule, evidence, message = evidence, advice, wasGenerated } = finding;
  const delivery = wasGenerated ? 'ambiguous' : 'rejected';
  const failure = failureFrom({ reason, rule, evidence, message, delivery, status });
  return advice === undefined ? failure : { ...failure, advice };
}
