/**
 * What must never reach a log: keys, tokens, passwords. Each form is a literal start and one run with nothing required after it,
 * so that a run is read once: linear.
 */

const mark = '[redacted]';

const forms: ReadonlyArray<readonly [RegExp, string]> = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, mark],
  [/AIza[\w-]{10,}/g, mark],
  [/\bAQ\.[\w-]{20,}/g, mark],
  [/\bya29\.[\w./+=-]+/g, mark],
  [/\b1\/\/[\w-]{20,}/g, mark],
  [/\bGOCSPX-[\w-]{10,}/g, mark],
  [/\bsk-[\w-]{16,}/g, mark],
  [/\bauth_tokens\/[\w.-]+/g, `auth_tokens/${mark}`],
  [/\beyJ[\w.-]{16,}/g, mark],
  [/\b(Bearer|Basic) {1,4}[\w.~+/=-]{6,}/gi, `$1 ${mark}`],
  [/([?&](?:key|api_key|apikey|access_token|token|upload_id)=)[^\s&"'<>\\)]+/gi, `$1${mark}`],
  [
    /((?:x-goog-api-key|api[_-]?key|client_secret|refresh_token|access_token|id_token|private_key|password|assertion)\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)[\w.~+/=-]{6,}/gi,
    `$1${mark}`,
  ],
  [/(authorization\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)(?!bearer|basic)[\w.~+/=-]{6,}/gi, `$1${mark}`],
];

/** The text without secrets. `secrets`: values known to be secret, removed wherever they stand. Linear in the text. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    // A short "secret" would blank out ordinary words.
    if (secret.length >= 6) clean = clean.replaceAll(secret, mark);
  }
  for (const [form, replacement] of forms) clean = clean.replace(form, replacement);
  return clean;
}
