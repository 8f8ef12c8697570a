import { recordAttempt } from './attemptOnce.ts';
import { emit } from './emit.ts';
import type { Outcome } from './failure.ts';
import type { Exchange } from './policy.ts';
import { type RetryOptions, RetryRun } from './retryRun.ts';
import type { Runtime } from './wholeRuntime.ts';

function attemptSync<T>(exchange: Exchange, operation: () => T): Outcome<T> {
  const { call, options } = exchange;
  exchange.attempt += 1;
  if (call.listener) emit(call, { type: 'attempt-start', exchange: exchange.number, attempt: exchange.attempt });
  const startedMs = call.runtime.now();
  try {
    const value = operation();
    recordAttempt(exchange, startedMs, undefined);
    return { ok: true, value };
  } catch (error) {
    const failure = options.classify(error);
    recordAttempt(exchange, startedMs, failure);
    return { ok: false, failure, error };
  }
}

/**
 * The same decisions for a synchronous operation, with waits that block the thread: for lock contention in a local store. A
 * running attempt cannot be interrupted, so only waits respect the deadline.
 */
export function retrySync<T>(
  exchange: Exchange,
  operation: () => T,
  options: RetryOptions,
  { sleepSync }: Pick<Runtime, 'sleepSync'>,
): Outcome<T> {
  let run: RetryRun | undefined;
  for (;;) {
    const outcome = attemptSync(exchange, operation);
    if (outcome.ok) return outcome;
    run ??= new RetryRun(exchange, options, outcome);
    if (!run.next(outcome)) return run.last;
    sleepSync(exchange.waitedMs);
  }
}
