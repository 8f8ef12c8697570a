import type { ErrorClass } from '../../resilience/failure.ts';
import type { RetryOptions as RetryPolicyOptions } from '../../resilience/retryRun.ts';
import { overLayers, rulesOver } from '../../resilience/retrySettings.ts';
import type { Strategy } from '../../resilience/strategy.ts';
import { defaultStrategy, geminiStrategies } from '../retryStrategies.ts';
import type { RetryOptions } from './retryConfig.ts';

/** The table: one row per class, and the default row. */
export type StrategyRows = Readonly<Record<ErrorClass | 'default', Strategy>>;

/** The rows that hold when `layers` are laid over the table, lowest first. */
export function strategyRows(layers: readonly RetryOptions[]): StrategyRows {
  const { quota, server, network } = geminiStrategies;
  return {
    ...geminiStrategies,
    quota: overLayers(layers, 'quota', quota),
    server: overLayers(layers, 'server', server),
    network: overLayers(layers, 'network', network),
    default: overLayers(layers, 'default', defaultStrategy),
  };
}

/** A dead access token is worth one more try with a fresh one, at once. */
const afterFreshToken: Strategy = { retries: 1, baseMs: 0, maxMs: 0, growth: 1, jitter: 'none' };

/** A request that was changed for it is worth one more try, at once, unless retries of results are switched off. */
const afterRemedy = ({ retries }: Strategy): Strategy => ({ ...afterFreshToken, retries: Math.min(1, retries) });

/** What the retry policy is told, from the settings of environment, client and call, lowest first. */
export function resolveRetry(layers: readonly RetryOptions[]): RetryPolicyOptions {
  const rows = strategyRows(layers);
  return {
    strategyFor: ({ retryable, errorClass }, verdict) => {
      if (!retryable && verdict === 'retry') return rows.default;
      if (retryable && errorClass === 'request') return afterRemedy(rows.server);
      return retryable && errorClass === 'auth' ? afterFreshToken : rows[errorClass];
    },
    ...rulesOver(layers),
  };
}
