import { type ErrorClass, errorClasses, type Failure } from './failure.ts';
import { checkFunction, type NumberRange, OptionError, show } from './optionError.ts';
import { checkRetryConfig, overRow, type RetryConfig, type rowNames } from './retryConfig.ts';
import type { Strategy } from './strategy.ts';

/** A failure by class, by reason, or by a test of the caller's own. `R`: the reasons there are. */
export type RetryRuleOf<R extends string> = ErrorClass | R | ((failure: Failure, error: unknown) => boolean);

/** Retry settings. A flat number is meant for every retryable class; a class of its own wins over it. */
export interface RetrySettings<R extends string> extends RetryConfig {
  readonly quota?: RetryConfig | undefined;
  readonly server?: RetryConfig | undefined;
  readonly network?: RetryConfig | undefined;
  /** For plain errors of a wrapped function, and for what a `retryOn` rule accepts. */
  readonly default?: RetryConfig | undefined;
  /** Retried although the table would not. */
  readonly retryOn?: readonly RetryRuleOf<R>[] | undefined;
  /** Not retried although the table would. Wins over `retryOn`. */
  readonly giveUpOn?: readonly RetryRuleOf<R>[] | undefined;
  /** Retries over the whole call after failures that may have been carried out, and billed. @default Infinity */
  readonly maxAmbiguousRetries?: number | undefined;
}

const row = (field: string, value: unknown): RetryConfig => checkRetryConfig(field, value);
const rows = { quota: row, server: row, network: row, default: row } satisfies Record<
  (typeof rowNames)[number],
  unknown
>;
const maxAmbiguousRetries: NumberRange = { min: 0, max: 1000, integer: true, infinity: true };
const classNames: ReadonlySet<string> = new Set(errorClasses);

function checkRules(field: string, rules: unknown, isReason: (name: string) => boolean): void {
  if (!Array.isArray(rules)) throw new OptionError(field, show(rules), 'an array of classes, reasons and functions');
  for (const [index, rule] of rules.entries()) {
    if (typeof rule !== 'string') checkFunction(`${field}[${index}]`, rule);
    else if (!classNames.has(rule) && !isReason(rule))
      throw new OptionError(`${field}[${index}]`, show(rule), 'an error class, a reason, or a function');
  }
}

/** @throws OptionError that names the field, the value and the allowed range */
export function checkRetrySettings<R extends string>(
  field: string,
  value: unknown,
  isReason: (name: string) => boolean,
): RetrySettings<R> {
  const list = (name: string, rules: unknown): void => checkRules(name, rules, isReason);
  return checkRetryConfig(field, value, { ...rows, retryOn: list, giveUpOn: list, maxAmbiguousRetries });
}

/** A row with the numbers of all layers over it, lowest first. In each layer a class's own numbers win over the flat ones. */
export const overLayers = (
  layers: readonly RetrySettings<string>[],
  name: (typeof rowNames)[number],
  row: Strategy,
): Strategy => layers.reduce((current, layer) => overRow(overRow(current, layer), layer[name]), row);

function matches(rules: readonly RetryRuleOf<string>[] | undefined, failure: Failure, error: unknown): boolean {
  const { errorClass, reason } = failure;
  const isMatch = (rule: RetryRuleOf<string>): boolean =>
    typeof rule === 'function' ? rule(failure, error) : rule === errorClass || rule === reason;
  return rules?.some(isMatch) ?? false;
}

/** What the rules of the highest layer that has any say of a failure, and the count of ambiguous retries. `layers`: lowest first. */
export function rulesOver(layers: readonly RetrySettings<string>[]) {
  const pick = <K extends 'retryOn' | 'giveUpOn' | 'maxAmbiguousRetries'>(key: K) =>
    layers.findLast(layer => layer[key] !== undefined)?.[key];
  const retryOn = pick('retryOn');
  const giveUpOn = pick('giveUpOn');
  return {
    verdict: (failure: Failure, error: unknown): 'retry' | 'give-up' | undefined => {
      if (matches(giveUpOn, failure, error)) return 'give-up';
      return matches(retryOn, failure, error) ? 'retry' : undefined;
    },
    maxAmbiguousRetries: pick('maxAmbiguousRetries') ?? Number.POSITIVE_INFINITY,
  };
}
