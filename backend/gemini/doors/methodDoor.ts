import { timeoutError } from '../../resilience/attemptOnce.ts';
import { endCall } from '../../resilience/emit.ts';
import type { Failed } from '../../resilience/failure.ts';
import { withinLimits } from '../../resilience/limits.ts';
import { remainingMs } from '../../resilience/policy.ts';
import { GeminiError } from '../geminiError.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { classifyCaught, seamErrorIn } from '../seam/seamError.ts';
import { errorOf, tellEnd } from './callEnd.ts';

const none = Number.POSITIVE_INFINITY;

function failedBy(error: unknown): Failed {
  return { ok: false, failure: classifyCaught(error), error };
}

/** The last attempt had succeeded, as far as an attempt goes; then its stream broke. */
function brokeLater(call: GeminiCall, { failure }: Failed): void {
  const last = call.attempts.at(-1);
  if (last !== undefined) call.attempts = [...call.attempts.slice(0, -1), { ...last, failure }];
}

/** The one error of a failed call, and the end of its story for the listener. */
function ended(call: GeminiCall, error: unknown, partialText?: string): unknown {
  const seamError = seamErrorIn(error);
  const failed = seamError?.failed ?? failedBy(error);
  if (seamError !== undefined && seamError.exchange === undefined) brokeLater(call, failed);
  tellEnd(call, failed);
  const thrown = errorOf(call, failed, seamError?.exchange);
  if (!partialText || !(thrown instanceof GeminiError)) return thrown;
  const { failure, attempts, retryAt, cause } = thrown;
  return new GeminiError({ failure, attempts, cause, partialText, ...(retryAt && { retryAt }) });
}

/**
 * Waits for the official client, but no longer than the call may take: it does not see an abort while one of the caller's own
 * tools runs. The seam bounds everything that is sent.
 */
function bounded<T>(call: GeminiCall, runsTools: boolean, work: () => Promise<T>): Promise<T> {
  return call.signal === undefined && !runsTools ? work() : interruptible(call, runsTools, work);
}

async function interruptible<T>(call: GeminiCall, runsTools: boolean, work: () => Promise<T>): Promise<T> {
  const { runtime, signal } = call;
  const end = await withinLimits({ runtime, signal, timeoutMs: runsTools ? remainingMs(call) : none }, work);
  if (end.by === 'work') return end.value;
  if (end.by === 'abort') throw signal?.reason;
  throw timeoutError('the call’s deadlineMs', call.limits.deadlineMs);
}

/** A call with one answer: how to get it, and how to show it. */
export interface Work<R, T> {
  /** Asks the official client. */
  readonly work: () => Promise<R>;
  /** Makes our result of the client's. */
  readonly shape: (response: R) => T;
  /** Whether functions of the caller's own run in between. @default false */
  readonly runsTools?: boolean;
}

/**
 * The door of a call with one answer.
 * @throws GeminiError, or the caller's own reason where the call was aborted
 */
export async function answer<R, T>(call: GeminiCall, { work, shape, runsTools = false }: Work<R, T>): Promise<T> {
  try {
    const value = shape(await bounded(call, runsTools, work));
    tellEnd(call);
    return value;
  } catch (error) {
    throw ended(call, error);
  }
}

/** A streamed call that has begun: its call, and how to open its stream. */
export interface Opening<C> {
  readonly call: GeminiCall;
  readonly open: () => Promise<AsyncIterable<C>>;
}

/** The client's next piece, but no later than the caller's signal and the stream's total limit allow. */
async function piece<C>(call: GeminiCall, next: () => Promise<IteratorResult<C>>): Promise<IteratorResult<C>> {
  const { runtime, signal, limits, startedAtMs } = call;
  const { totalTimeoutMs } = limits;
  if (signal === undefined && totalTimeoutMs === none) return next();
  const timeoutMs = startedAtMs + totalTimeoutMs - runtime.now();
  const end = await withinLimits({ runtime, signal, timeoutMs }, next);
  if (end.by === 'work') return end.value;
  throw end.by === 'abort' ? signal?.reason : timeoutError('totalTimeoutMs', totalTimeoutMs);
}

/**
 * The door of a streamed call. Nothing is sent, and no clock runs, before the first `next()`; however the loop over it ends, the
 * socket is free.
 * @throws GeminiError with the text so far, or the caller's own reason where the call was aborted
 */
export async function* streamAnswer<C, T extends { readonly text: string }>(
  begin: () => Opening<C>,
  shape: (chunk: C, call: GeminiCall) => T,
): AsyncGenerator<T, void, undefined> {
  const { call, open } = begin();
  let text = '';
  let isOver = false;
  let pieces: AsyncIterator<C> | undefined;
  try {
    pieces = (await bounded(call, false, open))[Symbol.asyncIterator]();
    const next = pieces.next.bind(pieces);
    for (let at = await piece(call, next); !at.done; at = await piece(call, next)) {
      const shaped = shape(at.value, call);
      text += shaped.text;
      yield shaped;
    }
    isOver = true;
    tellEnd(call);
  } catch (error) {
    isOver = true;
    throw ended(call, error, text);
  } finally {
    call.releaseStream?.();
    // Not waited for: a tool of the caller's own may still be running in there.
    pieces?.return?.().catch(() => undefined);
    if (!isOver) endCall(call, 'aborted');
  }
}
