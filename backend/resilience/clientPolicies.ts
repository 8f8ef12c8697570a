import { type BreakerOptions, checkBreakerOptions } from './breaker/breakerOptions.ts';
import { type ConcurrencyOptions, checkConcurrency } from './load/concurrency.ts';
import { checkRetryBudget, type RetryBudgetOptions } from './load/retryBudget.ts';
import { checkGiven } from './optionRules.ts';
import { breaker, concurrency, hedging, quota, retryBudget } from './policyParts.ts';
import { checkQuotaGate, type QuotaGateOptions, type QuotaReading } from './quota/quotaGate.ts';
import { type PolicyPart, policiesOf, type StandardPolicies } from './standardPipeline.ts';

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

const unlessFalse = <T>(own: T | false | undefined, make: (own?: T) => PolicyPart): readonly PolicyPart[] =>
  own === false ? [] : [make(own)];

/** The parts of a client whose options are these: all that are not switched off. @throws OptionError */
export const partsOf = (options: PolicyOptions): readonly PolicyPart[] => [
  ...unlessFalse(options.quota, quota),
  ...unlessFalse(options.concurrency, concurrency),
  ...unlessFalse(options.retryBudget, retryBudget),
  ...unlessFalse(options.breaker, breaker),
  hedging(),
];

/**
 * The policies of one client, with nothing learned yet.
 * @param quotaReading how the gate reads the quotas of this API
 */
export const createPolicies = (options: PolicyOptions, quotaReading: QuotaReading): StandardPolicies =>
  policiesOf(partsOf(options), quotaReading);
