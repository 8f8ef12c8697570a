import type { AsyncRuntime } from './runtime.ts';

/** What may end a piece of work before it ends itself. */
export interface Limits {
  readonly runtime: AsyncRuntime;
  /** Milliseconds; Infinity: none. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** How limited work ended: by itself, by the clock, or by the signal. */
export type LimitedEnd<T> =
  | { readonly by: 'work'; readonly value: T }
  | { readonly by: 'timeout' }
  | { readonly by: 'abort' };

const timedOut: LimitedEnd<never> = { by: 'timeout' };
const aborted: LimitedEnd<never> = { by: 'abort' };

/** Is there no room to begin at all? */
function overBefore({ signal, timeoutMs }: Limits): LimitedEnd<never> | undefined {
  if (signal?.aborted) return aborted;
  return timeoutMs <= 0 ? timedOut : undefined;
}

/**
 * Waits for `work`, but no longer than the limits allow, and leaves neither timer nor listener behind. Rejects only as `work`
 * does, also where it throws at once; what `work` does after its limit is ignored.
 */
export async function withinLimits<T>(limits: Limits, work: () => T | PromiseLike<T>): Promise<LimitedEnd<T>> {
  return overBefore(limits) ?? waitWithin(limits, work());
}

/** The same for work that has begun. */
function waitWithin<T>({ runtime, timeoutMs, signal }: Limits, running: T | PromiseLike<T>): Promise<LimitedEnd<T>> {
  return new Promise((resolve, reject) => {
    const cancelTimer =
      timeoutMs < Number.POSITIVE_INFINITY ? runtime.setTimer(timeoutMs, () => end(timedOut)) : undefined;
    const onAbort = signal && (() => end(aborted));
    const clear = (): void => {
      cancelTimer?.();
      if (onAbort) signal.removeEventListener('abort', onAbort);
    };
    const end = (value: LimitedEnd<T>): void => {
      clear();
      resolve(value);
    };
    const fail = (error: unknown): void => {
      clear();
      reject(error);
    };
    if (onAbort) signal.addEventListener('abort', onAbort);
    Promise.resolve(running).then(value => end({ by: 'work', value }), fail);
    // The work may have aborted its own call before it first waited.
    if (signal?.aborted) end(aborted);
  });
}
