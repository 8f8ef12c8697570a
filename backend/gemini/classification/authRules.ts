import { codeIs, nameIs, type Rule, refused, rpcIs, says, statusIs, unanswered } from './rule.ts';

/** The token endpoint answers 400 with OAuth codes; only an answer counts, a lost connection to it is a lost connection. */
export const tokenRules: readonly Rule[] = [
  codeIs('oauth-client', 'credentials-invalid', 'INVALID_CLIENT', 'UNAUTHORIZED_CLIENT', 'INVALID_SCOPE'),
  says(
    'oauth-client-in-words',
    'credentials-invalid',
    refused,
    /\b(?:invalid_client|unauthorized_client|deleted_client)\b|invalid jwt signature|invalid_grant: account not found/i,
  ),
  codeIs('oauth-grant', 'token-refresh-failed', 'INVALID_GRANT', 'INVALID_RAPT'),
  says(
    'oauth-grant-in-words',
    'token-refresh-failed',
    refused,
    /\binvalid_grant\b|\binvalid_rapt\b|token has been expired or revoked|no refresh token|could not refresh access token|reauthentication is needed|reauth related error|refresherror|unable to (?:refresh|impersonate)|failed to refresh (?:the )?(?:access |auth )?token/i,
    'text',
  ),
];

/** Keys, credentials and projects by the words for them; the more special first. */
export const authRules: readonly Rule[] = [
  says(
    'key-invalid',
    'key-invalid',
    refused,
    /api[ _-]?key (?:is )?(?:not valid|invalid|incorrect)|(?:invalid|incorrect|wrong|bad) (?:gemini |google )?api[ _-]?key|api_key_invalid|invalid_api_key|provided api key is (?:invalid|not)|pass a valid api key/i,
  ),
  says(
    'key-is-a-word-for-nothing',
    'key-invalid',
    ['request', 'none'],
    /[?&]key=(?:None|undefined|null|nil|your[\w-]*)?(?=['"&\s]|$)/,
    'text',
  ),
  codeIs('key-invalid-code', 'key-invalid', 'INVALID_API_KEY', 'API_KEY_INVALID'),
  says(
    'key-restricted',
    'key-restricted',
    ['auth', 'request', 'none'],
    /requests (?:to this api|from (?:referer|referrer|this (?:android|ios))|from ip)[^\n]{0,300}(?:is|are) blocked|api key[^.\n]{0,60}(?:ip address restriction|restrict)|calls to this api are blocked|ip address[^.\n]{0,60}(?:restriction|not allowed)/i,
    'text',
  ),
  says(
    'scope',
    'scope-insufficient',
    ['auth', 'none'],
    /insufficient (?:authentication|oauth2?) scopes?|insufficient_scope|insufficient authentication scope/i,
  ),
  says(
    'service-disabled',
    'service-disabled',
    refused,
    /has not been used in project|(?:api|service)[^.\n]{0,80}(?:is|has been|are) (?:not enabled|disabled)[^.]{0,40}\.? enable it|enable it by visiting|\bSERVICE_DISABLED\b|api (?:is )?(?:not enabled|not been enabled)/i,
    'text',
  ),
  says(
    'billing',
    'billing-disabled',
    refused,
    /requires billing (?:to be enabled)?|billing (?:account )?(?:is |has been |must be |to be )?(?:not )?(?:disabled|enabled|closed|delinquent|required)|only accessible to billed users|closed billing account|enable billing on (?:your |the )?project(?! in google ai studio)/i,
  ),
  says(
    'consumer-suspended',
    'consumer-suspended',
    ['auth', 'none'],
    /consumer [^\n]{0,200}has been suspended|project [^\n]{0,120}(?:has been|is|was) suspended|project has been denied access/i,
    'text',
  ),
  says(
    'consumer-invalid',
    'consumer-invalid',
    refused,
    /consumer (?:is )?invalid|CONSUMER_INVALID|project [^\n]{0,120}(?:has been deleted|is deleted|was not found|not found or deleted|does not exist|is invalid)|unknown project(?: id)?|permission denied on resource project/i,
    'text',
  ),
  says(
    'account-verification',
    'account-verification',
    ['auth', 'none', 'request'],
    /verify your (?:account|age|identity)|verification (?:is )?required|accounts\.google\.com\/signin\/continue/i,
  ),
  says(
    'account-disabled',
    'account-disabled',
    ['auth', 'none', 'request'],
    /disabled in this account|violation of (?:the )?terms of service|account (?:has been|is|was) (?:disabled|suspended|deactivated|deleted|terminated|blocked)|violat(?:es|ed|ing) (?:our |the )?(?:google )?terms of service/i,
  ),
  says(
    'credentials-missing',
    'credentials-missing',
    refused,
    /could not load the default credentials|default credentials were not found|unregistered callers|api keys are not supported by this api|missing (?:or invalid )?(?:required )?(?:authorization header|authentication credential|(?:gemini |google )?api[ _-]?key)|login required|api[ _-]?key (?:is |was )?(?:missing|required|not (?:set|provided|configured|specified|found|available))|no api[ _-]?key|api[ _-]?key (?:must|should) be|unable to authenticate your request|(?:set|provide|specify|pass|need|requires?|without)[^.\n]{0,40}(?:api[ _-]?key|GEMINI_API_KEY|GOOGLE_API_KEY)|(?:GEMINI|GOOGLE|GOOGLE_GENERATIVE_AI)_API_KEY[^.\n]{0,40}(?:not|missing|required|unset|environment)|unable to detect a project id|no (?:valid )?(?:authentication|auth|credentials)[^.\n]{0,20}(?:found|provided|configured)|no identity token|please set an auth method|forget to (?:set|pass) (?:an? )?api key/i,
  ),
  nameIs(
    'credentials-missing-by-name',
    'credentials-missing',
    'AI_LoadAPIKeyError',
    'DefaultCredentialsError',
    'google.auth.exceptions.DefaultCredentialsError',
  ),
  unanswered(
    says(
      'credentials-unusable',
      'credentials-invalid',
      ['none'],
      /does not contain a (?:client_email|private_key|client_id|refresh_token|type) field|no key could be detected|could not deserialize key|DECODER routines::unsupported|error:0909006C|invalid (?:service account|credentials? (?:json|file|format))|unexpected token[^\n]{0,60}credentials|(?:private|secretOrPrivate)key must be|the file at [^\n]{0,200} does not exist|ENOENT[^\n]{0,200}(?:credentials?|service[-_ ]?account|application_default)/i,
    ),
  ),
  says(
    'token-expired',
    'token-expired',
    ['auth', 'none', 'request'],
    /(?:access |id |auth(?:entication|orization)? |ephemeral |oauth2? |bearer )?token (?:has |is |was |used too late)?(?: ?already )?expired|ACCESS_TOKEN_EXPIRED|expired (?:access |auth |ephemeral )?token|jwt expired|credentials? (?:has|have) expired/i,
  ),
  says('credentials-twice', 'unauthenticated', refused, /multiple authentication credentials/i),
  says('publisher-model-access', 'permission', ['request'], /is not allowed to use publisher model/i, 'text'),
];

/** What is left once no rule above knew better. */
export const authStatusRules: readonly Rule[] = [
  statusIs('unauthenticated-status', 'unauthenticated', 401, 407),
  rpcIs('unauthenticated', 'unauthenticated', 'UNAUTHENTICATED'),
  statusIs('forbidden-status', 'permission', 403),
  rpcIs('permission-denied', 'permission', 'PERMISSION_DENIED'),
  says(
    'unauthenticated-in-words',
    'unauthenticated',
    ['none'],
    /invalid authentication credentials|\bunauthenticated\b|\bunauthorized\b|authentication failed|not authenticated|AuthenticationError/i,
  ),
  says(
    'permission-in-words',
    'permission',
    ['none'],
    /permission '[^']{1,100}' denied|permission[ _]?denied|not have (?:the )?permission|not authorized|access (?:is )?(?:denied|forbidden)|\bforbidden\b|(?:not eligible|no longer supported) for gemini|have a valid license/i,
    'text',
  ),
];
