import type { Failure } from '../resilience/failure.ts';
import { checkFunction, checkObject } from '../resilience/optionError.ts';
import type { Verdict } from '../resilience/retryRun.ts';
import { type ExecuteOptions, RetryMechanism, type RetryMechanismOptions } from './retryMechanism.ts';
import { hasRetried } from './seam/seamError.ts';
import { refusing } from './settings/optionFailure.ts';
import type { RetryOptions } from './settings/retryConfig.ts';

/** Where a wrapped function runs: its name in log lines, its limits, its clock, and who ends it. */
export interface RetryContext extends ExecuteOptions, Omit<RetryMechanismOptions, 'retry' | 'deadlineMs'> {}

/** A function of any signature. */
type AnyFunction = (...parameters: never[]) => unknown;

/** The wrapped function: the same parameters, and always a promise. */
export type Retried<F extends AnyFunction> = (
  this: ThisParameterType<F>,
  ...parameters: Parameters<F>
) => Promise<Awaited<ReturnType<F>>>;

/** Wraps a function, or decorates a method as TC39 decorators do. */
export type RetryWrapper = <F extends AnyFunction>(operation: F, context?: ClassMethodDecoratorContext) => Retried<F>;

/** The same for synchronous functions. */
export type RetryWrapperSync = <F extends AnyFunction>(operation: F, context?: ClassMethodDecoratorContext) => F;

/** Errors that mean a mistake in the program: the next attempt would make it again. */
const programmingErrors: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError', 'SyntaxError', 'AbortError']);

/** Is it, or does it carry as its cause, an error of a call of ours? */
function comesFromUs(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1)
    if (hasRetried(at)) return true;
  return false;
}

/** Inside a wrapped function, a plain error of the function's own is worth the default row. */
function plainErrorRule({ reason }: Failure, error: unknown): Verdict {
  const plain =
    reason === 'client-bug' && error instanceof Error && !programmingErrors.has(error.name) && !comesFromUs(error);
  return plain ? 'retry' : undefined;
}

const executeKeys = ['operation', 'signal', 'deadlineMs'] as const;
const contextKeys: ReadonlySet<string> = new Set([
  ...executeKeys,
  'attemptTimeoutMs',
  'runtime',
  'onEvent',
  'environment',
]);

function split(config: RetryOptions, context: RetryContext) {
  refusing(() => checkObject('context', context, contextKeys));
  const { operation, signal, deadlineMs, ...rest } = context;
  const given = Object.entries({ operation, signal, deadlineMs }).filter(([, value]) => value !== undefined);
  const execute: ExecuteOptions = Object.fromEntries(given);
  return { mechanism: new RetryMechanism({ ...rest, retry: config }, plainErrorRule), execute };
}

function nameOf(operation: AnyFunction, decorated: ClassMethodDecoratorContext | undefined): string {
  return decorated === undefined ? operation.name || 'operation' : String(decorated.name);
}

/**
 * A function that is tried again as its errors deserve: `withRetryBackoff(config)(fn)`, or `@withRetryBackoff(config)` on a method.
 * Calls of this package inside it have their own retries, which are not multiplied.
 * @throws GeminiError at once for a bad setting; the wrapped function rejects with GeminiError, or with the abort reason of the caller
 */
export function withRetryBackoff(config: RetryOptions = {}, context: RetryContext = {}): RetryWrapper {
  const { mechanism, execute } = split(config, context);
  return (operation, decorated) => {
    refusing(() => checkFunction('operation', operation));
    const options = { operation: nameOf(operation, decorated), ...execute };
    return function (...parameters) {
      return mechanism.execute(() => Reflect.apply(operation, this, parameters), options) as never;
    };
  };
}

/**
 * The same for a synchronous function, whose waits block the thread: for lock contention in a local store.
 * @throws GeminiError
 */
export function withRetryBackoffSync(
  config: RetryOptions = {},
  context: Omit<RetryContext, 'signal'> = {},
): RetryWrapperSync {
  const { mechanism, execute } = split(config, context);
  return <F extends AnyFunction>(operation: F, decorated?: ClassMethodDecoratorContext) => {
    refusing(() => checkFunction('operation', operation));
    const options = { operation: nameOf(operation, decorated), ...execute };
    return function (this: ThisParameterType<F>, ...parameters: Parameters<F>) {
      return mechanism.executeSync(() => Reflect.apply(operation, this, parameters), options);
    } as F;
  };
}
