/**
 * What must never reach a log: keys, tokens, passwords. Each form is a literal start and one run with nothing required after it,
 * so that a run is read once: linear.
 */

const mark = '[redacted]';

/** What is a secret by its look alone. */
const keys =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?|AIza[\w-]{10,}|\b(?:(?:AQ\.|1\/\/)[\w-]{20,}|ya29\.[\w./+=-]+|GOCSPX-[\w-]{10,}|sk-[\w-]{16,}|eyJ[\w.-]{16,})/g;

/** What is one by what stands before it, which stays. */
const named: readonly RegExp[] = [
  /\b(auth_tokens\/)[\w.-]+/g,
  /\b((?:Bearer|Basic) {1,4})[\w.~+/=-]{6,}/gi,
  /([?&](?:key|api_key|apikey|access_token|token|upload_id)=)[^\s&"'<>\\)]+/gi,
  /((?:x-goog-api-key|api[_-]?key|client_secret|refresh_token|access_token|id_token|private_key|password|assertion)\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)[\w.~+/=-]{6,}/gi,
  /(authorization\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)(?!bearer|basic)[\w.~+/=-]{6,}/gi,
];

/** The text without secrets. `secrets`: values known to be secret, removed wherever they stand. Linear in the text. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    // A short "secret" would blank out ordinary words.
    if (secret.length >= 6) clean = clean.replaceAll(secret, mark);
  }
  clean = clean.replace(keys, mark);
  for (const form of named) clean = clean.replace(form, `$1${mark}`);
  return clean;
}
