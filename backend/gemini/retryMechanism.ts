import type { AttemptContext } from '../resilience/attemptContext.ts';
import type { EventListener } from '../resilience/events.ts';
import type { Failure } from '../resilience/failure.ts';
import { checkFunction, checkObject } from '../resilience/optionError.ts';
import { type AttemptOptions, type Call, type Send, startCall, startExchange } from '../resilience/policy.ts';
import type { RetryOptions as RetryPolicyOptions, Verdict } from '../resilience/retryRun.ts';
import { retrySync } from '../resilience/retrySync.ts';
import { standardPipeline } from '../resilience/standardPipeline.ts';
import type { Strategy } from '../resilience/strategy.ts';
import { checkRuntime, createRuntime, type Runtime } from '../resilience/wholeRuntime.ts';
import { errorOf, tellEnd } from './doors/callEnd.ts';
import { runOperation } from './doors/runOperation.ts';
import { classifyCaught, hasRetried, isUnrepeatable } from './seam/seamError.ts';
import {
  type CallLimits,
  checkCallSignal,
  checkLimits,
  mergeLimits,
  type ResolvedLimits,
} from './settings/callLimits.ts';
import {
  type Environment,
  limitsFromEnvironment,
  processEnvironment,
  retryFromEnvironment,
} from './settings/environment.ts';
import { refusing } from './settings/optionFailure.ts';
import { resolveRetry } from './settings/resolveRetry.ts';
import { checkRetryOptions, type RetryOptions } from './settings/retryConfig.ts';

/** Settings of a retry mechanism. */
export interface RetryMechanismOptions extends Pick<CallLimits, 'deadlineMs' | 'attemptTimeoutMs'> {
  readonly retry?: RetryOptions | undefined;
  /** Clock, chance and sleep; what is left out is the system's. */
  readonly runtime?: Partial<Runtime> | undefined;
  /** Told of everything that happens. Must not throw. */
  readonly onEvent?: EventListener | undefined;
  /** @default process.env */
  readonly environment?: Environment | undefined;
}

/** Settings of one execution. */
export interface ExecuteOptions {
  /** The name of the work in events and log lines. @default 'operation' */
  readonly operation?: string | undefined;
  /** Ends the work at any moment; the rejection is the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for all attempts and waits. */
  readonly deadlineMs?: number | undefined;
}

const optionKeys = new Set(['deadlineMs', 'attemptTimeoutMs', 'retry', 'runtime', 'onEvent', 'environment']);
const executeKeys = new Set(['operation', 'signal', 'deadlineMs']);

/** The options of a call that gives none: nothing to check. */
const standardExecution: ExecuteOptions = {};

function checkExecution(options: ExecuteOptions): void {
  checkObject('options', options, executeKeys);
  checkLimits('', options);
  checkCallSignal('', options.signal);
}

/** Picks the strategy of a failure's class and carries it out: every operation is tried again as its errors deserve. */
export class RetryMechanism {
  readonly #runtime: Runtime;
  readonly #listener: EventListener | undefined;
  readonly #limits: ResolvedLimits;
  readonly #policy: RetryPolicyOptions;
  readonly #send: Send;
  readonly #attempt: AttemptOptions;

  /** @throws GeminiError (request / client-config) that names the option, its value and the allowed range */
  constructor(options: RetryMechanismOptions = {}, rule?: (failure: Failure, error: unknown) => Verdict) {
    const layers = refusing(() => checkedLayers(options));
    this.#runtime = createRuntime(options.runtime);
    this.#listener = options.onEvent;
    this.#limits = mergeLimits(layers.limits);
    this.#attempt = { classify: classifyCaught, attemptTimeoutMs: this.#limits.attemptTimeoutMs };
    const resolved = resolveRetry(layers.retry);
    const verdict = (failure: Failure, error: unknown): Verdict =>
      resolved.verdict?.(failure, error) ?? rule?.(failure, error);
    this.#policy = { ...resolved, verdict, alreadyRetried: hasRetried, unrepeatable: isUnrepeatable };
    this.#send = standardPipeline(this.#policy);
  }

  /** The row that answers this failure, with the settings of this mechanism. */
  strategyFor(failure: Failure): Strategy {
    return this.#policy.strategyFor(failure, undefined);
  }

  /**
   * Runs the operation until it succeeds or its strategy gives up.
   * @throws GeminiError, or the signal's own reason where the caller aborted
   */
  execute<T>(
    operation: (context: AttemptContext) => T | Promise<T>,
    options: ExecuteOptions = standardExecution,
  ): Promise<T> {
    try {
      return runOperation(this.#start(options), this.#send, operation, this.#attempt);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same for a synchronous operation: waits block the thread. @throws GeminiError */
  executeSync<T>(operation: () => T, options: Omit<ExecuteOptions, 'signal'> = {}): T {
    const call = this.#start(options);
    const exchange = startExchange(call, true, operation, this.#attempt);
    const outcome = retrySync(exchange, operation, this.#policy, this.#runtime);
    if (outcome.ok) {
      tellEnd(call);
      return outcome.value;
    }
    tellEnd(call, outcome);
    throw errorOf(call, outcome, exchange);
  }

  #start(options: ExecuteOptions): Call {
    if (options !== standardExecution) refusing(() => checkExecution(options));
    return startCall({
      operation: options.operation ?? 'operation',
      runtime: this.#runtime,
      listener: this.#listener,
      signal: options.signal,
      deadlineMs: options.deadlineMs ?? this.#limits.deadlineMs,
    });
  }
}

function checkedLayers(options: RetryMechanismOptions): { limits: CallLimits[]; retry: RetryOptions[] } {
  checkObject('options', options, optionKeys);
  checkLimits('', options);
  if (options.onEvent !== undefined) checkFunction('onEvent', options.onEvent);
  checkRuntime('runtime', options.runtime);
  const environment = options.environment ?? processEnvironment();
  const retry = options.retry === undefined ? {} : checkRetryOptions('retry', options.retry);
  return { limits: [limitsFromEnvironment(environment), options], retry: [retryFromEnvironment(environment), retry] };
}
