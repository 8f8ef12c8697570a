import type { GeminiFailure } from '../reasons.ts';
import { failureFrom } from './failureFrom.ts';
import type { Finding } from './findings.ts';

/** The failure that a bad result is. */
export function failureOfFinding(finding: Finding, status: number | undefined): GeminiFailure {
  const { reason, rule, evidence, message = evidence, wasGenerated } = finding;
  return failureFrom({ reason, rule, evidence, message, delivery: wasGenerated ? 'ambiguous' : 'rejected', status });
}
