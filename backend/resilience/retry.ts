import pRetry from 'p-retry';
import type { Failed, Outcome } from './failure.ts';
import { passesOn } from './onward.ts';
import type { Exchange, Onward, Policy, Send } from './policy.ts';
import { type RetryOptions, RetryRun } from './retryRun.ts';

/** What an attempt throws to be made again. One for all: it says nothing, and its stack would be held by every call that waits. */
const again = new Error('another attempt follows');

/** Every option of p-retry's, given: what it fills in by itself it makes anew for each loop, and thousands may wait at once. */
const loopOptions = {
  retries: Number.POSITIVE_INFINITY,
  factor: 1,
  minTimeout: 0,
  maxTimeout: 0,
  maxRetryTime: Number.POSITIVE_INFINITY,
  randomize: false,
  onFailedAttempt: () => {},
  shouldConsumeRetry: () => true,
  shouldRetry: ({ error }: { readonly error: Error }) => error === again,
};

/** There will be no further attempt. */
function over(exchange: Exchange, run: RetryRun): Failed {
  exchange.standing?.leavePlace?.();
  return run.last;
}

/** One attempt after the first. @throws `again` where another is to follow */
async function attempt<T>(exchange: Exchange<T>, next: Send, run: RetryRun): Promise<Outcome<T>> {
  if (exchange.call.signal?.aborted) return over(exchange, run);
  const outcome = await next(exchange);
  if (outcome.ok) return outcome;
  if (run.next(outcome)) throw again;
  return over(exchange, run);
}

/** Ends with the wait before the coming attempt, or at once when the call is aborted. */
const waited = ({ call, waitedMs }: Exchange): Promise<void> => call.runtime.sleep(waitedMs, call.signal);

/** The attempts after a first failure, each with its wait before it. A call that waits holds no more than the loop itself. */
function loop<T>(exchange: Exchange<T>, next: Send, run: RetryRun): Promise<Outcome<T>> {
  const send = (): Promise<Outcome<T>> => attempt(exchange, next, run);
  return pRetry(() => waited(exchange).then(send), loopOptions);
}

/**
 * Sends an exchange again as the strategy of its failure says. The loop is p-retry's; the numbers, the waits and the decision are
 * ours, so its own delay is 0. It begins with the first failure: a success does not pay for it.
 */
export const retry =
  (options: RetryOptions): Policy =>
  next => {
    const onward: Onward = (exchange, first) => {
      if (first.ok) return first;
      const run = new RetryRun(exchange, options, first);
      return run.next(first) ? loop(exchange, next, run) : over(exchange, run);
    };
    const isPassedOn = passesOn.has(next);
    return exchange => {
      exchange.mayRetry = true;
      if (!isPassedOn) return next(exchange).then(first => onward(exchange, first));
      exchange.onward = onward;
      return next(exchange);
    };
  };
