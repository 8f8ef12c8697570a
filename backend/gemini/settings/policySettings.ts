import * as neutral from '../../resilience/clientPolicies.ts';
import type { Failure } from '../../resilience/failure.ts';
import { checkFunction } from '../../resilience/optionError.ts';
import type { Policy } from '../../resilience/policy.ts';
import type { StandardPolicies } from '../../resilience/standardPipeline.ts';
import { nextPacificMidnight } from '../pacificMidnight.ts';

export { policyNames } from '../../resilience/clientPolicies.ts';
export { clientBreaker } from '../../resilience/policyParts.ts';

/** What all calls of a client share: quotas, places, a budget of retries. Each needs no settings; `false` leaves it out. */
export interface PolicyOptions extends neutral.PolicyOptions {
  /** A pipeline of your own, in place of the standard one and of `retry` and the settings above: `pipeline(policies.retry(), …)`. */
  readonly pipeline?: Policy | undefined;
}

/** @throws OptionError */
export function checkPolicies(options: PolicyOptions): void {
  if (options.pipeline !== undefined) checkFunction('pipeline', options.pipeline);
  neutral.checkPolicies(options);
}

/** A quota that this project does not have, or whose bill is not paid, may be there again after so long. In milliseconds. */
const lookAgainMs = 60_000;

const longWindows: ReadonlySet<string | undefined> = new Set(['day', 'month']);

/** Until when a refusal holds that no call waits for: the daily quota's midnight, the wait that was stated, or a while. */
function spentUntil({ retryable, reason, quota = [], retryAfterMs }: Failure, wallMs: number): number | undefined {
  if (retryable) return undefined;
  if (reason === 'quota-per-day' || quota.some(({ window }) => longWindows.has(window)))
    return nextPacificMidnight(wallMs);
  return wallMs + (retryAfterMs ?? lookAgainMs);
}

/** How a gate reads the quotas of this API. */
export const quotaReading = Object.freeze({ spentUntil, dayEnds: nextPacificMidnight });

/** The policies of one client, with nothing learned yet. */
export const createPolicies = (options: PolicyOptions): StandardPolicies =>
  neutral.createPolicies(options, quotaReading);
