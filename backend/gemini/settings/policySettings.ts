import {
  type BreakerOptions,
  checkBreakerOptions,
  clientBreakerDefaults,
  resolveBreaker,
} from '../../resilience/breaker/breakerOptions.ts';
import { breakerPolicy } from '../../resilience/breaker/breakerPolicy.ts';
import { emit } from '../../resilience/emit.ts';
import type { Failure } from '../../resilience/failure.ts';
import { hedge } from '../../resilience/hedge.ts';
import { type ConcurrencyOptions, checkConcurrency, concurrency } from '../../resilience/load/concurrency.ts';
import { checkRetryBudget, type RetryBudgetOptions, retryBudget } from '../../resilience/load/retryBudget.ts';
import { checkFunction } from '../../resilience/optionError.ts';
import type { Policy } from '../../resilience/policy.ts';
import { checkQuotaGate, type QuotaGateOptions, quotaGate } from '../../resilience/quota/quotaGate.ts';
import type { StandardPolicies } from '../../resilience/standardPipeline.ts';
import { nextPacificMidnight } from '../pacificMidnight.ts';

/** What all calls of a client share: quotas, places, a budget of retries. Each needs no settings; `false` leaves it out. */
export interface PolicyOptions {
  /** Limits as far as they are known; the rest is learned from what the API says. */
  readonly quota?: QuotaGateOptions | false | undefined;
  /** How much a model is asked at once while it is overloaded. */
  readonly concurrency?: ConcurrencyOptions | false | undefined;
  /** How many retries overloads are worth. */
  readonly retryBudget?: RetryBudgetOptions | false | undefined;
  /** When a model is taken to be down, and is asked by probes only. */
  readonly breaker?: BreakerOptions | false | undefined;
  /** A pipeline of your own, in place of the standard one and of `retry` and the settings above: `pipeline(policies.retry(), …)`. */
  readonly pipeline?: Policy | undefined;
}

/** The names of these options. */
export const policyNames = [
  'quota',
  'concurrency',
  'retryBudget',
  'breaker',
] as const satisfies readonly (keyof PolicyOptions)[];

const checks = {
  quota: checkQuotaGate,
  concurrency: checkConcurrency,
  retryBudget: checkRetryBudget,
  breaker: checkBreakerOptions,
} as const;

/** @throws OptionError */
export function checkPolicies(options: PolicyOptions): void {
  if (options.pipeline !== undefined) checkFunction('pipeline', options.pipeline);
  for (const name of policyNames) {
    const value = options[name];
    if (value !== undefined && value !== false) checks[name](name, value);
  }
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

const given = <T>(value: T | false | undefined): T | undefined => (value === false ? undefined : value);

/** A breaker for each model, which tells of its changes, and refuses what may still be sent elsewhere instead of holding it. */
export function clientBreaker(options: BreakerOptions | undefined): Policy {
  const settings = resolveBreaker(options, clientBreakerDefaults);
  return breakerPolicy({
    settings,
    whenOpen: ({ hasAlternative }) => (hasAlternative ? 'fail' : settings.whenOpen),
    onChange: ({ service, from, to, because }, call) =>
      call && emit(call, { type: 'circuit-change', service, from, to, because }),
  });
}

/** How a gate reads the quotas of this API. */
export const quotaReading = Object.freeze({ spentUntil, dayEnds: nextPacificMidnight });

/** The policies of one client, with nothing learned yet. */
export function createPolicies(options: PolicyOptions): StandardPolicies {
  const gate = options.quota === false ? undefined : quotaGate(options.quota, quotaReading);
  return {
    ...(gate && { quotaGate: gate }),
    hedge: hedge(gate?.hasSlack ?? (() => true)),
    ...(options.concurrency !== false && { concurrency: concurrency(given(options.concurrency)) }),
    ...(options.retryBudget !== false && { retryBudget: retryBudget(given(options.retryBudget)) }),
    ...(options.breaker !== false && { circuitBreaker: clientBreaker(given(options.breaker)) }),
  };
}
