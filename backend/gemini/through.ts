import type { AttemptContext } from '../resilience/attemptContext.ts';
import { attemptOnce } from '../resilience/attemptOnce.ts';
import type { EventListener } from '../resilience/events.ts';
import { checkFunction, checkObject, OptionError, show } from '../resilience/optionError.ts';
import { type Policy, startCall } from '../resilience/policy.ts';
import { checkRuntime, createRuntime, type Runtime } from '../resilience/wholeRuntime.ts';
import { runOperation } from './doors/runOperation.ts';
import { classifyCaught } from './seam/seamError.ts';
import { type CallLimits, checkCallSignal, checkLimits, defaultLimits } from './settings/callLimits.ts';
import { refusing } from './settings/optionFailure.ts';

/** What a function that runs through a pipeline is for. */
export interface ThroughOptions extends Pick<CallLimits, 'deadlineMs' | 'attemptTimeoutMs'> {
  /** The name of the work in events. @default 'operation' */
  readonly operation?: string | undefined;
  /** What shares an outage, for a breaker and a concurrency limit. @default none, and then those let everything pass */
  readonly service?: string | undefined;
  /** What shares a quota, for a quota gate. @default the service */
  readonly quotaScope?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: EventListener | undefined;
  readonly runtime?: Partial<Runtime> | undefined;
}

const optionKeys: ReadonlySet<string> = new Set(
  'operation service quotaScope deadlineMs attemptTimeoutMs signal onEvent runtime'.split(' '),
);

function checkOptions(policy: unknown, options: ThroughOptions): void {
  checkFunction('policy', policy);
  checkObject('options', options, optionKeys);
  checkLimits('options.', options);
  checkCallSignal('options.', options.signal);
  checkRuntime('runtime', options.runtime);
  if (options.onEvent !== undefined) checkFunction('options.onEvent', options.onEvent);
  for (const name of ['operation', 'service', 'quotaScope'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'string')
      throw new OptionError(`options.${name}`, show(value), 'a text');
  }
}

/**
 * Runs functions through a pipeline: `through(pipeline(policies.retry(), policies.circuitBreaker()), { service: 'search' })(fn)`.
 * The function is given a context first: which attempt this is, and a signal that ends with it.
 * @throws GeminiError for a bad setting; what it makes rejects with GeminiError, or with the signal's own reason
 */
export function through(policy: Policy, options: ThroughOptions = {}) {
  refusing(() => checkOptions(policy, options));
  const { operation = 'operation', service = '', signal, onEvent: listener } = options;
  const { deadlineMs = defaultLimits.deadlineMs, attemptTimeoutMs = defaultLimits.attemptTimeoutMs } = options;
  const target = { service, scope: options.quotaScope ?? service };
  const runtime = createRuntime(options.runtime);
  const send = policy(attemptOnce);
  const bounds = { classify: classifyCaught, attemptTimeoutMs };
  return <A extends readonly unknown[], R>(work: (context: AttemptContext, ...given: A) => R | Promise<R>) =>
    (...given: A): Promise<R> => {
      const call = startCall({ operation, runtime, listener, signal, deadlineMs });
      return runOperation(call, send, context => work(context, ...given), bounds, target);
    };
}
