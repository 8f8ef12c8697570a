import { codeIs, kindIs, type Rule, saidIs, statusFrom, statusIs } from './rules.ts';

const tooLong =
  /context[_ ](?:length|window|limit|size)|too many (?:input )?tokens|(?:prompt|input) is too long|exceeds? the max(?:imum)? (?:number of )?tokens|above_max_length/i;
const overload = /overload|capacity|busy/i;
const spentCredit =
  /insufficient[_ ](?:quota|credit|balance|funds)|exceeded[_ ](?:your )?current[_ ]quota|credit[_ ]balance|billing[_ ](?:details|limit|not)|spend(?:ing)?[_ ]limit|credits? (?:exhausted|depleted)|out of credit|limit:? 0\b(?!\.)/i;
const badKey = /(?:api|access|subscription)[-_ ]?key|token/i;
const noKey =
  /did(?:n't| not) provide|not (?:sent|provided|authenticated)|\b(?:missing|no) (?:api|auth|credential|bearer)/i;
const blocked = /content[_ ]?(?:filter|management|policy)|moderation_blocked|safety system|invalid_prompt/i;

/** What an answer says, whoever sends it. The words count only beside the statuses that they explain; `undefined`: inside a stream. */
const answerRules: readonly Rule[] = [
  statusIs('credit-spent', 'quota-billing', [402, 429, undefined], spentCredit),
  statusIs('payment-required', 'quota-billing', [402]),
  statusIs('overloaded', 'overloaded', [429, 500, 503, 529, undefined], overload),
  statusIs('usage-limit', 'quota-long-wait', [429, undefined], /usage[_ ](?:limit|quota)/i),
  statusIs('daily-limit', 'quota-per-day', [429, undefined], /per[-_ ]day|daily|\bRPD\b|\bTPD\b/i),
  statusIs('minute-limit', 'quota-per-minute', [429, undefined], /per[-_ ]min|\bRPM\b|\bTPM\b|rate_limit_e/i),
  statusIs('too-many-requests', 'quota-unspecified', [429]),
  statusIs('context-length', 'context-too-long', [400, 413, 422, 500, undefined], tooLong),
  statusIs('too-large', 'payload-too-large', [413]),
  statusIs('no-key', 'credentials-missing', [401, 403], noKey),
  statusIs('bad-key', 'key-invalid', [401], badKey),
  statusIs('bad-token', 'key-invalid', [403], /(?:invalid|expired)[ _][^.]{0,20}(?:token|key)/i),
  statusIs('not-authenticated', 'unauthenticated', [401]),
  statusIs('region', 'region-blocked', [400, 403, 451], /(?:country|region|location)[^.]{0,40}not supported/i),
  statusIs('forbidden', 'permission', [403]),
  statusIs('no-such-model', 'model-not-found', [404], /model|endpoint|deployment/i),
  statusIs('no-such-thing', 'not-found', [404, 410]),
  statusIs('request-timeout', 'deadline', [408, 504, 524]),
  statusIs('blocked', 'blocked-content', [400, undefined], blocked),
  statusIs('conflict', 'resource-locked', [409, 423]),
  statusIs('cancelled', 'cancelled-by-server', [425, 499]),
  statusIs('loading', 'model-loading', [503], /\bloading\b/i),
  statusIs('unavailable', 'unavailable', [503]),
  statusIs('overloaded-status', 'overloaded', [529]),
  statusIs('gateway', 'bad-gateway', [502, 520, 521, 522, 523, 525, 526, 527, 530]),
  statusFrom('server-error', 'internal', 500),
  statusFrom('bad-request', 'invalid-argument', 400),
  statusFrom('unread-answer', 'malformed-response', 200),
  kindIs('bad-request', 'invalid-argument', 'invalid_request_error', 'not_found_error'),
  kindIs('forbidden', 'permission', 'authentication_error', 'permission_error'),
  ['error-in-stream', 'internal', ({ answered }) => answered && 'an error inside the stream'],
];

/** An exception without an answer: the code says more than the words. */
const exceptionRules: readonly Rule[] = [
  codeIs('timeout-name', 'timeout', /^TimeoutError$/),
  codeIs('aborted', 'aborted-by-user', /^(?:AbortError|APIUserAbortError)$/),
  codeIs('certificate', 'tls', /CERT|^UNABLE_TO_(?:VERIFY|GET)|^HOSTNAME_MISMATCH$|^ERR_SSL_|^EPROTO$/),
  codeIs('refused', 'connection-refused', /^(?:ECONNREFUSED|ConnectionRefused|ERR_CONNECTION_REFUSED)$/),
  codeIs('dns', 'dns', /^(?:ENOTFOUND|EAI_|ENODATA|ESERVFAIL|EBADNAME)/),
  codeIs('timeout', 'timeout', /TIME(?:D)?[-_]?OUT|^ETIME$/i),
  codeIs(
    'cut',
    'truncated-stream',
    /^ERR_STREAM_PREMATURE_CLOSE$|CONTENT_LENGTH_MISMATCH$|^Z_BUF_ERROR$|^HPE_INVALID_EOF/,
  ),
  codeIs(
    'reset',
    'connection-reset',
    /^(?:ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_(?:SOCKET|CLOSED|DESTROYED)|ERR_HTTP2_\w+|ERR_STREAM_DESTROYED|ConnectionClosed)$/,
  ),
  codeIs('unreachable', 'connection-failed', /^(?:EHOST|ENET)(?:UNREACH|DOWN)$|^EADDRNOTAVAIL$|^FailedToOpenSocket$/),
  saidIs('redirects', 'client-config', /redirect count exceeded|bad port|unknown scheme/),
  codeIs('unread-body', 'malformed-response', /^SyntaxError$/),
  saidIs('cut-words', 'truncated-stream', /premature close|unexpected end of (?:file|stream)|ended without/i),
  saidIs(
    'reset-words',
    'connection-reset',
    /socket hang ?up|other side closed|connection (?:was )?(?:reset|closed|lost)|\bterminated\b/i,
  ),
  saidIs('timeout-words', 'timeout', /timed? ?out/i),
  saidIs('fetch', 'fetch-failed', /fetch failed|failed to fetch|network ?error|load failed|connection error/i),
  codeIs('connection-name', 'fetch-failed', /^(?:APIConnectionError|FetchError|NetworkError)$/),
];

/** What is true of every service over HTTP. */
export const generalRules: readonly Rule[] = [...answerRules, ...exceptionRules];
