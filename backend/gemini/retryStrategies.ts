import type { ErrorClass, Failure } from '../resilience/failure.ts';
import type { Strategy } from '../resilience/strategy.ts';

/** The row of each class: how often, how long, how fast growing. Printed into RETRY_MECHANISM.md. */
export const geminiStrategies = {
  quota: { retries: 2, baseMs: 5_000, maxMs: 120_000, growth: 3, jitter: 'full' },
  server: { retries: 3, baseMs: 2_000, maxMs: 30_000, growth: 2, jitter: 'full' },
  network: { retries: 5, baseMs: 1_000, maxMs: 60_000, growth: 2, jitter: 'full' },
  auth: { retries: 0, baseMs: 0, maxMs: 0, growth: 1, jitter: 'none' },
  request: { retries: 0, baseMs: 0, maxMs: 0, growth: 1, jitter: 'none' },
} as const satisfies Record<ErrorClass, Strategy>;

/** For functions wrapped with a plain `RetryConfig`, and for errors that a user's own `retryOn` accepts. */
export const defaultStrategy = {
  retries: 3,
  baseMs: 1_000,
  maxMs: 30_000,
  growth: 2,
  jitter: 'full',
} as const satisfies Strategy;

/** The row of the failure's class; none of its retries where the failure is not retryable. */
export function strategyFor(failure: Failure): Strategy {
  const row = geminiStrategies[failure.errorClass];
  return failure.retryable ? row : { ...row, retries: 0 };
}
