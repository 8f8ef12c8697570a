import { type ErrorClass, errorClasses, type Failure } from '../resilience/failure.ts';
import { readAt } from './classification/caughtChain.ts';

/** An error of this package, of whatever class: `ProviderError`, `GeminiError`, `CircuitOpenError`. */
export interface UnderstoodError extends Error {
  readonly failure: Failure;
}

/** What an error of this package says happened; undefined of any other value. Never throws. */
export function failureOf(error: unknown): Failure | undefined {
  const failure = readAt(error, 'failure');
  const errorClass = readAt(failure, 'errorClass');
  return errorClasses.some(one => one === errorClass) ? (failure as Failure) : undefined;
}

const guardOf =
  (errorClass: ErrorClass) =>
  (error: unknown): error is UnderstoodError =>
    failureOf(error)?.errorClass === errorClass;

/** Is a limit or a quota spent? */
export const isRateLimitError = guardOf('quota');

/** Did the service fail? */
export const isServerError = guardOf('server');

/** Was the service not reached, or the answer lost on the way? */
export const isNetworkError = guardOf('network');

/** Was the key, or what it may do, refused? */
export const isAuthError = guardOf('auth');

/** Is it the request that has to be changed? */
export const isRequestError = guardOf('request');

/** Might the same request succeed within minutes? */
export const isRetryableError = (error: unknown): error is UnderstoodError => failureOf(error)?.retryable === true;
