import type { Transport } from '../../resilience/transport.ts';

/** A host as it stands in an address, for instance `api.openai.com` or `127.0.0.1:11434`, and the fetch for it. */
export type FetchesByHost = Readonly<Record<string, Transport>>;

/**
 * A fetch that sends requests by their host, for libraries that take none but use the global one: `globalThis.fetch =
 * fetchByHost({ 'api.example.com': resilient })`. All other hosts get the fetch that was global before; give that one to
 * `createResilientFetch` as well, because what it replaces cannot be what it sends with.
 */
export function fetchByHost(fetches: FetchesByHost, otherwise: Transport = globalThis.fetch): Transport {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    // What is no address, the platform refuses.
    const host = URL.canParse(address) ? new URL(address).host : '';
    return ((Object.hasOwn(fetches, host) ? fetches[host] : undefined) ?? otherwise)(input, init);
  };
}
