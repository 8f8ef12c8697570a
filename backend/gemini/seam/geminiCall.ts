import type { EventListener } from '../../resilience/events.ts';
import type { Failed } from '../../resilience/failure.ts';
import { type Call, type Send, startCall } from '../../resilience/policy.ts';
import type { RetryOptions } from '../../resilience/retryRun.ts';
import type { Runtime } from '../../resilience/wholeRuntime.ts';
import type { Resumed } from '../geminiError.ts';
import type { ResolvedLimits } from '../settings/callLimits.ts';
import type { RemedyOptions } from '../settings/remedyOptions.ts';
import type { SeamError } from './seamError.ts';

/**
 * Through which door a call came. `core`: a `callLlm*` method, which ends in a result or one GeminiError. `sdk`: the official
 * client in its user's hands, which gets its own errors and plain results. `single`: inside `makeApiCallWithRetry`, which does
 * the retrying itself.
 */
export type Door = 'core' | 'sdk' | 'single';

/** That a call was sent elsewhere: from where, to where, and the reason of the failure that led there. */
export interface FellBack {
  readonly from: string;
  readonly to: string;
  readonly because: string;
}

/** A call, and what the seam must know of it. */
export interface GeminiCall extends Call {
  readonly door: Door;
  readonly limits: ResolvedLimits;
  readonly send: Send;
  /** Set once an exchange has given up: later exchanges of the call end the same way, without being sent. */
  closed?: SeamError;
  /** The last time that it was sent elsewhere. */
  fellBack?: FellBack;
  /** Which remedies are on: settings laid over each other, lowest first. */
  readonly remedies: readonly (RemedyOptions | undefined)[];
  /** What remedies changed, by attempt. */
  changes?: readonly { readonly exchange: number; readonly attempt: number; readonly did: string }[];
  /** What its retries go by; absent where something outside repeats it. */
  readonly retries?: RetryOptions | undefined;
  /** How its last stream broke, and how often in a row with nothing new in between; `misfits`: continuations that did not fit. */
  broken?: { readonly failed: Failed; readonly times: number; readonly misfits?: number | undefined } | undefined;
  /** Whether a broken text is gone on with by itself, and not by the official client's tokens. */
  joinsText?: true;
  /** That its stream was gone on with. */
  resumed?: Resumed;
  /** Long strings of its streams that the official client is not shown, by the marks in their places: whoever hands its pieces on
   * puts them back. Absent: it is shown everything. */
  long?: Map<string, string>;
  /** Releases the socket of the stream that is open, if one is. */
  releaseStream?: () => void;
}

/** What a call of this API is begun with. */
export interface GeminiCallOptions {
  readonly door: Door;
  readonly operation: string;
  readonly model?: string | undefined;
  readonly runtime: Runtime;
  readonly listener?: EventListener | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits: ResolvedLimits;
  readonly send: Send;
  readonly priority?: number | undefined;
  readonly remedies?: readonly (RemedyOptions | undefined)[] | undefined;
  readonly retries?: RetryOptions | undefined;
}

/** Begins a call; its deadline runs from now. */
export function startGeminiCall(options: GeminiCallOptions): GeminiCall {
  const { door, limits, send, operation, model, runtime, listener, signal, priority, remedies = [], retries } = options;
  const { deadlineMs } = limits;
  const call = startCall({ operation, model, runtime, listener, signal, deadlineMs, priority, keepsSuccess: true });
  return Object.assign(call, { door, limits, send, remedies, retries });
}
