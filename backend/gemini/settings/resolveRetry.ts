import type { ErrorClass, Failure } from '../../resilience/failure.ts';
import { overRow } from '../../resilience/retryConfig.ts';
import type { RetryOptions as RetryPolicyOptions } from '../../resilience/retryRun.ts';
import type { Strategy } from '../../resilience/strategy.ts';
import { defaultStrategy, geminiStrategies } from '../retryStrategies.ts';
import type { RetryOptions, RetryRule } from './retryConfig.ts';

/** The table: one row per class, and the default row. */
export type StrategyRows = Readonly<Record<ErrorClass | 'default', Strategy>>;

/** The rows that hold when `layers` are laid over the table, lowest first. In each layer a class's own numbers win over the flat ones. */
export function strategyRows(layers: readonly RetryOptions[]): StrategyRows {
  const over = (name: 'quota' | 'server' | 'network' | 'default', row: Strategy): Strategy =>
    layers.reduce((current, layer) => overRow(overRow(current, layer), layer[name]), row);
  return {
    ...geminiStrategies,
    quota: over('quota', geminiStrategies.quota),
    server: over('server', geminiStrategies.server),
    network: over('network', geminiStrategies.network),
    default: over('default', defaultStrategy),
  };
}

function matches(rules: readonly RetryRule[] | undefined, failure: Failure, error: unknown): boolean {
  return (
    rules?.some(rule =>
      typeof rule === 'function' ? rule(failure, error) : rule === failure.errorClass || rule === failure.reason,
    ) ?? false
  );
}

/** A dead access token is worth one more try with a fresh one, at once. */
const afterFreshToken: Strategy = { retries: 1, baseMs: 0, maxMs: 0, growth: 1, jitter: 'none' };

/** A request that was changed for it is worth one more try, at once, unless retries of results are switched off. */
const afterRemedy = ({ retries }: Strategy): Strategy => ({ ...afterFreshToken, retries: Math.min(1, retries) });

/** What the retry policy is told, from the settings of environment, client and call, lowest first. */
export function resolveRetry(layers: readonly RetryOptions[]): RetryPolicyOptions {
  const rows = strategyRows(layers);
  const pick = <K extends keyof RetryOptions>(key: K): RetryOptions[K] | undefined =>
    layers.findLast(layer => layer[key] !== undefined)?.[key];
  const retryOn = pick('retryOn');
  const giveUpOn = pick('giveUpOn');
  return {
    strategyFor: ({ retryable, errorClass }, verdict) => {
      if (!retryable && verdict === 'retry') return rows.default;
      if (retryable && errorClass === 'request') return afterRemedy(rows.server);
      return retryable && errorClass === 'auth' ? afterFreshToken : rows[errorClass];
    },
    verdict: (failure, error) => {
      if (matches(giveUpOn, failure, error)) return 'give-up';
      return matches(retryOn, failure, error) ? 'retry' : undefined;
    },
    maxAmbiguousRetries: pick('maxAmbiguousRetries') ?? Number.POSITIVE_INFINITY,
  };
}
