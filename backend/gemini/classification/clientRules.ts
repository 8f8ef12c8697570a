import { codeIs, nameIs, type Rule, says, unanswered } from './rule.ts';

/** Configuration that no request can leave with. */
export const configRules: readonly Rule[] = [
  unanswered(
    codeIs(
      'config-code',
      'client-config',
      'ERR_INVALID_URL',
      'ERR_INVALID_CHAR',
      'ERR_INVALID_HTTP_TOKEN',
      'ERR_UNSUPPORTED_ESM_URL_SCHEME',
      'ERR_INVALID_PROTOCOL',
      'UND_ERR_INVALID_ARG',
    ),
  ),
  says(
    'config',
    'client-config',
    ['none'],
    /\binvalid (?:base )?url\b|headers\.(?:append|set)|invalid header value|is not a legal http header|invalid character in header|cannot convert argument to a bytestring|ephemeral tokens are only supported|\bbad port\b|redirect count exceeded|unknown scheme|only absolute urls|failed to parse url|missing ['"]?scheme|unsupported protocol scheme|requires setting the GOOGLE_CLOUD_PROJECT/i,
  ),
  unanswered(
    nameIs(
      'config-by-name',
      'client-config',
      'AI_LoadSettingError',
      'AI_UnsupportedFunctionalityError',
      'AI_UnsupportedModelVersionError',
    ),
  ),
];

/** Whoever arrives here was known to no rule. */
export const clientRules: readonly Rule[] = [
  ['answer-empty', 'empty-response', ({ brokenBody }) => (brokenBody === 'empty' ? 'empty body' : undefined)],
  ['answer-garbled', 'malformed-response', ({ brokenBody }) => (brokenBody === 'garbled' ? 'no JSON' : undefined)],
  [
    'error-without-a-code',
    'internal',
    ({ hasErrorBody, status }) => (hasErrorBody && status === undefined ? 'error' : undefined),
  ],
  nameIs(
    'programming-error',
    'client-bug',
    'TypeError',
    'ReferenceError',
    'RangeError',
    'SyntaxError',
    'EvalError',
    'URIError',
    'AI_InvalidArgumentError',
    'AI_InvalidPromptError',
    'AssertionError',
  ),
  [
    'answer-without-failure',
    'client-bug',
    ({ family, status }) => (family === 'success' ? `status ${status}` : undefined),
  ],
  ['unknown-error', 'client-bug', ({ kind }) => kind],
];
