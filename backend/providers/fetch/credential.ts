/** Headers that say who is asking. */
const credentialHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** Who is asking, as the request says it; '' where it does not. A secret. */
export function credentialOf(headers: Headers): string {
  const name = credentialHeaders.find(header => headers.has(header));
  return name === undefined ? '' : (headers.get(name) ?? '');
}
