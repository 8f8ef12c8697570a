/** What really sends a request: the shape of the platform’s fetch. */
export type Transport = typeof globalThis.fetch;

/** Where Node's own fetch keeps the dispatcher that carries all its requests. */
const globalDispatcher = Symbol.for('undici.globalDispatcher.1');

interface Dispatcher {
  dispatch(options: object, handler: object): boolean;
}

function currentDispatcher(): Dispatcher | undefined {
  const dispatcher: unknown = Reflect.get(globalThis, globalDispatcher);
  const usable = typeof dispatcher === 'object' && dispatcher !== null && 'dispatch' in dispatcher;
  return usable ? (dispatcher as Dispatcher) : undefined;
}

/**
 * Node's fetch gives up after 300 s without headers or without a byte, which cuts long thinking: our own limits bound a call.
 * @param bodyTimeoutMs between two pieces of a body that we do not read ourselves; 0: no limit
 */
function patient(bodyTimeoutMs: number): Dispatcher {
  return {
    dispatch: (options, handler) =>
      currentDispatcher()?.dispatch({ ...options, headersTimeout: 0, bodyTimeout: bodyTimeoutMs }, handler) ?? false,
  };
}

/**
 * The platform's fetch, looked up at each call, so that what a test or a tracer puts in its place is used. A dispatcher that the
 * caller names, a proxy or one with certificates of its own, carries the request as it is, with its own limits; one that is named
 * as undefined leaves a `Request` the one that it was made with, which nobody can see.
 */
function through(dispatcher: Dispatcher): Transport {
  return (input, init) => {
    if (init !== undefined && 'dispatcher' in init) return globalThis.fetch(input, init);
    // The dispatcher exists once the first of undici's classes has been used.
    if (currentDispatcher() === undefined) new Headers();
    if (currentDispatcher() === undefined) return globalThis.fetch(input, init);
    // Node's fetch asks nothing of a dispatcher but `dispatch`.
    return globalThis.fetch(input, { ...init, dispatcher } as unknown as RequestInit);
  };
}

/** For bodies that are read inside an attempt, or guarded. */
export const systemTransport: Transport = through(patient(0));

/** For bodies that are handed on unread: the platform ends one that stalls. */
export function handingOn(idleTimeoutMs: number): Transport {
  return through(patient(Number.isFinite(idleTimeoutMs) ? idleTimeoutMs : 0));
}
