import type { Transport } from './httpExchange.ts';

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

/** Node's fetch gives up after 300 s without headers or without a byte, which cuts long thinking: our own limits bound a call. */
const patient: Dispatcher = {
  dispatch: (options, handler) =>
    currentDispatcher()?.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler) ?? false,
};

/** The platform's fetch, looked up at each call, so that what a test or a tracer puts in its place is used. */
export const systemTransport: Transport = (input, init) => {
  // The dispatcher exists once the first of undici's classes has been used.
  if (currentDispatcher() === undefined) new Headers();
  if (currentDispatcher() === undefined) return globalThis.fetch(input, init);
  // Node's fetch asks nothing of a dispatcher but `dispatch`.
  return globalThis.fetch(input, { ...init, dispatcher: patient } as unknown as RequestInit);
};
