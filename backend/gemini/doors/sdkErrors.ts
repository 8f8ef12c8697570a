import { markRetried, SeamError } from '../seam/seamError.ts';

/** A function of any object. */
export type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/** Is it a function? */
export const isMethod = (value: unknown): value is Method => typeof value === 'function';

/** Is it an object whose properties may be read? */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What a method of the client ends in: the caller's own reason, or the error its users know, marked so that no layer of ours repeats it. */
function leaving(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const known = error instanceof SeamError && error.failed.error instanceof Error ? error.failed.error : error;
  markRetried(known);
  return known;
}

/** Runs a method of the client, and makes what it throws ready to leave. */
export async function marking<T>(signal: AbortSignal | undefined, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw leaving(error, signal);
  }
}

/** The same for the pages and pieces of a result. `whole`: makes a page or piece what the user is to be given. */
export function markingLater(
  result: unknown,
  signal: AbortSignal | undefined,
  whole: (piece: unknown) => unknown = piece => piece,
): unknown {
  if (!isObject(result)) return result;
  for (const name of ['nextPage', 'next']) {
    const method = result[name];
    if (!isMethod(method)) continue;
    const wrapped: Method = function (this: unknown, ...parameters) {
      return marking(signal, async () => whole(await method.apply(this, parameters)));
    };
    Object.defineProperty(result, name, { value: wrapped, configurable: true, writable: true });
  }
  return result;
}
