import {
  type BreakerOptions,
  checkBreakerOptions,
  clientBreakerDefaults,
  resolveBreaker,
} from './breaker/breakerOptions.ts';
import { breakerPolicy } from './breaker/breakerPolicy.ts';
import { emit } from './emit.ts';
import { hedge } from './hedge.ts';
import { type ConcurrencyOptions, checkConcurrency, concurrency } from './load/concurrency.ts';
import { checkRetryBudget, type RetryBudgetOptions, retryBudget } from './load/retryBudget.ts';
import { checkGiven } from './optionRules.ts';
import type { Policy } from './policy.ts';
import { checkQuotaGate, type QuotaGateOptions, type QuotaReading, quotaGate } from './quota/quotaGate.ts';
import type { StandardPolicies } from './standardPipeline.ts';

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
}

type Check = (field: string, value: unknown) => unknown;

const unlessOff =
  (check: Check): Check =>
  (field, value) =>
    value === false || check(field, value);

/** What each of these options may be. */
export const policyRules = {
  quota: unlessOff(checkQuotaGate),
  concurrency: unlessOff(checkConcurrency),
  retryBudget: unlessOff(checkRetryBudget),
  breaker: unlessOff(checkBreakerOptions),
} satisfies Record<keyof PolicyOptions, Check>;

/** The names of these options. */
export const policyNames = Object.keys(policyRules) as readonly (keyof PolicyOptions)[];

/** @throws OptionError */
export const checkPolicies = (options: PolicyOptions): void => checkGiven('', options, policyRules);

const given = <T>(value: T | false | undefined): T | undefined => (value === false ? undefined : value);

/** A breaker for each model, which tells of its changes, and refuses what may still be sent elsewhere instead of holding it. */
export function clientBreaker(options: BreakerOptions | undefined): Policy {
  const settings = resolveBreaker(options, clientBreakerDefaults);
  return breakerPolicy({
    settings,
    // Who says when it is to open means it.
    yields: options?.window === undefined && options?.failureThreshold === undefined,
    whenOpen: ({ hasAlternative }) => (hasAlternative ? 'fail' : settings.whenOpen),
    onChange: ({ service, from, to, because }, call) =>
      call && emit(call, { type: 'circuit-change', service, from, to, because }),
  });
}

/**
 * The policies of one client, with nothing learned yet.
 * @param quotaReading how the gate reads the quotas of this API
 */
export function createPolicies(options: PolicyOptions, quotaReading: QuotaReading): StandardPolicies {
  const gate = options.quota === false ? undefined : quotaGate(options.quota, quotaReading);
  return {
    ...(gate && { quotaGate: gate }),
    hedge: hedge(gate?.hasSlack ?? (() => true)),
    ...(options.concurrency !== false && { concurrency: concurrency(given(options.concurrency)) }),
    ...(options.retryBudget !== false && { retryBudget: retryBudget(given(options.retryBudget)) }),
    ...(options.breaker !== false && { circuitBreaker: clientBreaker(given(options.breaker)) }),
  };
}
