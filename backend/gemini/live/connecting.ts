import type { Attempt } from '../../resilience/attempt.ts';
import type { AttemptContext } from '../../resilience/attemptContext.ts';
import { attemptOnce, recordAttempt } from '../../resilience/attemptOnce.ts';
import { emit } from '../../resilience/emit.ts';
import type { Failed } from '../../resilience/failure.ts';
import type { Send } from '../../resilience/policy.ts';
import { retry } from '../../resilience/retry.ts';
import type { CallStarter } from '../doors/callStarter.ts';
import { runOperation } from '../doors/runOperation.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { LiveOptions } from './liveOptions.ts';

/** A connection that was lost: the first failure of the call that connects again. */
export interface Loss {
  readonly failed: Failed;
  /** When the connection was set up, on the runtime's monotonic clock. */
  readonly sinceMs: number;
  /** Failures in a row before it. */
  readonly before: readonly Attempt[];
  /** There is to be no other connection, whatever the strategies and the caller's rules say. */
  readonly isFinal?: boolean;
}

/** One connecting: of the first connection, or of the next. */
export interface Connecting<T> {
  readonly model: string;
  /** Which connection of the session, from 1. */
  readonly number: number;
  readonly signal: AbortSignal;
  readonly connectTimeoutMs: number;
  readonly options: LiveOptions;
  readonly loss: Loss | undefined;
  readonly open: (context: AttemptContext) => Promise<T>;
  readonly classify: (error: unknown) => GeminiFailure;
}

/** A connection, and how it was come by. */
export interface Connected<T> {
  readonly connection: T;
  readonly attempts: readonly Attempt[];
}

/** An attempt that has been made already, and failed; all after it are made here. */
function afterLoss({ failed, sinceMs, before }: Loss): Send {
  let isTold = false;
  return exchange => {
    if (isTold) return attemptOnce(exchange);
    isTold = true;
    exchange.attempt = before.length + 1;
    emit(exchange.call, { type: 'attempt-start', exchange: exchange.number, attempt: exchange.attempt });
    recordAttempt(exchange, sinceMs, failed.failure);
    return Promise.resolve(failed);
  };
}

/**
 * Connects, again and again as the strategies say. A lost connection counts as the first attempt, so that its failure decides whether
 * there is another and how long to wait before it. Sessions have quotas of their own, so that no gate, breaker or limit of requests
 * holds them.
 * @throws GeminiError, or the signal's own reason
 */
export async function connecting<T>(calls: CallStarter, given: Connecting<T>): Promise<Connected<T>> {
  const { model, number, signal, options, loss, connectTimeoutMs, open, classify } = given;
  const { deadlineMs } = options;
  const call = calls.start('core', number === 1 ? 'live.connect' : 'live.reconnect', { model, signal, deadlineMs });
  call.exchanges = number - 1;
  if (loss !== undefined) call.attempts = loss.before;
  const rules = loss?.isFinal ? { retry: { ...options.retry, giveUpOn: [() => true] } } : options;
  const send = retry(calls.retriesOf(rules))(loss === undefined ? attemptOnce : afterLoss(loss));
  const limits = { attemptTimeoutMs: connectTimeoutMs, limitName: 'connectTimeoutMs' };
  const connection = await runOperation(call, send, open, { classify, ...limits });
  return { connection, attempts: call.attempts };
}
