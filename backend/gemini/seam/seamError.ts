import { ApiError } from '@google/genai';
import type { Failed } from '../../resilience/failure.ts';
import type { Exchange } from '../../resilience/policy.ts';
import { GoogleApiErrorHandler } from '../errorUtils.ts';
import { isGeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';
import { HttpFailure } from './httpFailure.ts';

/** The body that the official client would put into its error's message. */
function messageOf({ failure }: Failed): string {
  const { message, status: code, rpcStatus: status } = failure;
  return JSON.stringify({ error: { code, message, status } });
}

/**
 * A failed outcome on its way through the official client. It is one of the client's own errors, because the client gives up at
 * once on those where it would reconnect a stream after any other.
 */
export class SeamError extends ApiError {
  readonly failed: Failed;
  /** The exchange that gave up; absent for a stream that broke after its first content. */
  readonly exchange: Exchange | undefined;

  constructor(failed: Failed, exchange?: Exchange) {
    super({ message: messageOf(failed), status: failed.failure.status ?? 0 });
    // The client's constructor resets the prototype to its own class.
    Object.setPrototypeOf(this, SeamError.prototype);
    this.failed = failed;
    this.exchange = exchange;
    Object.defineProperty(this, 'failed', { enumerable: false });
    Object.defineProperty(this, 'exchange', { enumerable: false });
  }
}

/** How many layers the client's second HTTP stack may put around an error. */
const deepestWrapped = 5;

/** The SeamError inside a caught value: itself, or what the client's second HTTP stack wrapped. */
export function seamErrorIn(error: unknown): SeamError | undefined {
  try {
    let at = error;
    for (let depth = 0; depth < deepestWrapped && at instanceof Error; depth += 1) {
      if (at instanceof SeamError) return at;
      at = at.cause;
    }
  } catch {
    // What throws when it is looked at is none of ours.
  }
  return undefined;
}

/** The value if it is a bad answer of the seam's. */
export function httpFailureIn(error: unknown): HttpFailure | undefined {
  try {
    return error instanceof HttpFailure ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a caught value once: what the seam has already read is not read again. */
export function classifyCaught(error: unknown): GeminiFailure {
  const carried = seamErrorIn(error)?.failed.failure;
  if (carried !== undefined) return carried as GeminiFailure;
  return GoogleApiErrorHandler.classify(httpFailureIn(error)?.answer() ?? error);
}

/** Does the error come from a request that creates something? */
export function isUnrepeatable(error: unknown): boolean {
  return seamErrorIn(error)?.exchange?.repeatable === false;
}

/** Set on an error of the official client that ends a call of ours, so that no outer layer of ours repeats the call. */
const retried = Symbol.for('geminicore.retried');

/** Marks an error as the end of a call that has done its retries. */
export function markRetried(error: unknown): void {
  if (typeof error !== 'object' || error === null) return;
  // On what is frozen, or refuses, there is no mark.
  Reflect.defineProperty(error, retried, { value: true, configurable: true });
}

/** Does this error come from a call of ours that has already done its retries? */
export function hasRetried(error: unknown): boolean {
  if (isGeminiError(error)) return true;
  try {
    return error instanceof Error && Reflect.get(error, retried) === true;
  } catch {
    return false;
  }
}
