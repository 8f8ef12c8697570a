import { timeoutError } from '../../resilience/attemptOnce.ts';
import { endCall } from '../../resilience/emit.ts';
import type { Failed, Failure } from '../../resilience/failure.ts';
import { withinLimits } from '../../resilience/limits.ts';
import type { StreamState } from '../geminiError.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { tellEnd } from './callEnd.ts';
import { bounded, ended } from './methodDoor.ts';

const none = Number.POSITIVE_INFINITY;

/** A streamed call that has begun: its call, and how to open its stream. */
export interface Opening<C> {
  readonly call: GeminiCall;
  readonly open: () => Promise<AsyncIterable<C>>;
}

/** What is looked at of a piece. */
interface Piece {
  readonly text: string;
  readonly usage?: object | undefined;
}

/** Which state a stream ends in that fails so. */
export function stateOf({ errorClass, reason }: Failure): StreamState {
  if (reason === 'aborted-by-user') return 'aborted';
  if (reason === 'blocked-content') return 'blocked';
  if (reason === 'timeout') return 'stalled';
  return errorClass === 'network' ? 'truncated' : 'failed';
}

/** So much text is kept of a stream for whoever may ask for it later, in characters: answers are a hundredth of it. */
export const mostKept = 16_000_000;

/** What has been yielded of a stream, for the error that it may end in. */
class Told {
  #text = '';
  #isTooLong = false;
  #usage: object | undefined;

  add({ text, usage }: Piece): void {
    this.#usage = usage ?? this.#usage;
    this.#isTooLong ||= this.#text.length + text.length > mostKept;
    this.#text = this.#isTooLong ? '' : this.#text + text;
  }

  details(): { readonly partialText?: string; readonly usage?: object } {
    return { ...(this.#text !== '' && { partialText: this.#text }), ...(this.#usage && { usage: this.#usage }) };
  }
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
export async function* streamAnswer<C, T extends Piece>(
  begin: () => Opening<C>,
  shape: (chunk: C, call: GeminiCall) => T,
): AsyncGenerator<T, void, undefined> {
  const { call, open } = begin();
  const told = new Told();
  let isOver = false;
  let pieces: AsyncIterator<C> | undefined;
  try {
    pieces = (await bounded(call, false, open))[Symbol.asyncIterator]();
    const next = pieces.next.bind(pieces);
    for (let at = await piece(call, next); !at.done; at = await piece(call, next)) {
      const shaped = shape(at.value, call);
      told.add(shaped);
      yield shaped;
    }
    isOver = true;
    tellEnd(call);
  } catch (error) {
    isOver = true;
    throw ended(call, error, ({ failure }: Failed) => {
      const { resumed } = call;
      return { state: stateOf(failure), ...told.details(), ...(resumed && { resumed }) };
    });
  } finally {
    call.releaseStream?.();
    // Not waited for: a tool of the caller's own may still be running in there.
    pieces?.return?.().catch(() => undefined);
    if (!isOver) endCall(call, 'aborted');
  }
}
