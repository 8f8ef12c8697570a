import type { Strategy } from '../resilience/strategy.ts';
import { classifyValue } from './classification/classify.ts';
import type { GeminiFailure } from './reasons.ts';
import { strategyFor } from './retryStrategies.ts';

/** What classification may need to know from outside. */
export interface ClassifyOptions {
  /** Milliseconds since 1970: the reference for an HTTP-date Retry-After of an answer without a Date header. @default the clock */
  readonly wallClockMs?: number;
}

/** Reads an error once, so that nothing downstream has to look at it again. */
export class GoogleApiErrorHandler {
  /**
   * The failure behind anything that can be caught: an exception with its causes, an HTTP answer (`{status, headers, body}`), a
   * WebSocket close, a result that is no success. Total: never throws, whatever it is given. Linear in the size of the error.
   */
  static classify(error: unknown, options: ClassifyOptions = {}): GeminiFailure {
    return classifyValue(error, options.wallClockMs);
  }
}

/** One line for a log: class/reason, status, message. */
function describe(error: unknown): string {
  const { errorClass, reason, status, rpcStatus, message } = classifyValue(error, undefined);
  const numbers = [status, rpcStatus].filter(part => part !== undefined).join(' ');
  const words = message.replace(/\s+/g, ' ');
  return `${errorClass}/${reason}${numbers === '' ? '' : ` (${numbers})`}${words === '' ? '' : `: ${words}`}`;
}

/** What happened, and what to do now, for a person. */
function toUserMessage(error: unknown): string {
  const { message, advice } = classifyValue(error, undefined);
  if (message === '') return advice;
  return `${/[.!?]$/.test(message) ? message : `${message}.`} ${advice}`;
}

/** Shorthands over one classification each. */
export const ErrorUtils = {
  isRetryable: (error: unknown): boolean => classifyValue(error, undefined).retryable,
  describe,
  toUserMessage,
  strategyFor: (error: unknown): Strategy => strategyFor(classifyValue(error, undefined)),
} as const;
