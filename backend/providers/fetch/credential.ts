import type { Outgoing } from './outgoing.ts';

/** Headers that say who is asking. */
const credentialHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** Who is asking, as the request says it in its headers or its address; '' where it does not. A secret. */
export function credentialOf({ headers, url }: Pick<Outgoing, 'headers' | 'url'>): string {
  const inHeaders = credentialHeaders.map(name => headers.get(name));
  return [...inHeaders, url.searchParams.get('key')].find(one => one) ?? '';
}
