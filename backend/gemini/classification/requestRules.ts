import type { Facts, Family } from './facts.ts';
import { codeIs, nameIs, type Rule, reasonIs, rpcIs, says, statusIs } from './rule.ts';

const asked: readonly Family[] = ['request', 'none'];
const askedOrRefused: readonly Family[] = ['request', 'auth', 'none'];

/** A place inside a schema: parameters of a function, or the schema of the response. */
const schemaPlace =
  /function_?declarations?(?:\[\d{1,6}\])?[^\n]{0,40}[.`' ](?:parameters|response)|response_?(?:json_?)?schema|json_?schema|schema in generationconfig/i;

/** What may be wrong there. */
const schemaComplaint =
  /unknown name|invalid value|proto field|cannot find field|missing|should be|must be|only allowed|not supported|unsupported|invalid|undefined|required|specify|empty|unknown|duplicate/i;

/** A schema named as such, without a place. */
const schemaWords =
  /schema (?:didn't|did not|does not|doesn't) specify|undefined schema|invalid (?:json )?schema|unsupported schema|schema (?:is )?(?:invalid|not valid|not supported)|parameters schema should be/i;

const schemaFault = ({ family, text }: Facts): string | undefined => {
  if (!asked.includes(family)) return undefined;
  // The name of an unknown field says nothing of the place where it stands.
  const place = schemaPlace.exec(text.replace(/unknown name "[^"\n]{1,100}"/gi, 'unknown name'))?.[0];
  return place !== undefined && schemaComplaint.test(text) ? place : schemaWords.exec(text)?.[0];
};

const regionWords =
  /user location is not supported|location is not supported for the api|(?:not|isn't) (?:currently )?(?:available|supported) in your (?:country|region|location|current location)|unsupported_country_region_territory|country, region, or territory not supported|(?:country|region)[^.\n]{0,30}(?:is )?not supported|not available in (?:your|this) (?:country|region|location)/i;

/** Where the request came from. Before the quotas, because it may speak of the free tier. */
export const regionRules: readonly Rule[] = [
  says('region', 'region-blocked', askedOrRefused, regionWords),
  codeIs('region-code', 'region-blocked', 'UNSUPPORTED_COUNTRY_REGION_TERRITORY'),
];

/** Facts of a 400 or 404 that only its words tell; the more special first. */
export const requestRules: readonly Rule[] = [
  says('no-such-address', 'not-found', ['request', 'none'], /requested url [^\n]{0,300} was not found on this server/i),
  says(
    'cache-too-small',
    'cache-too-small',
    asked,
    /cached ?content is too small|min_total_token_count|minimum token count to start caching|too small to (?:be )?cache/i,
  ),
  says(
    'cache-gone',
    'cache-not-found',
    askedOrRefused,
    /cached ?contents?\b[^\n]{0,120}(?:not found|expired|does not exist|may not exist|permission|deleted|evicted)|cache content [^\n]{0,60}(?:is expired|not found|expired)|permission[^.\n]{0,60}cached ?content/i,
    'text',
  ),
  says(
    'file-not-active',
    'file-not-active',
    asked,
    /not in an? active state|file[^.\n]{0,60}(?:is still processing|state:? processing|not (?:yet )?active)/i,
    'text',
  ),
  says(
    'file-gone',
    'file-not-found',
    askedOrRefused,
    /permission to access the file\b|\bfiles?\/[\w-]{1,60}[^.\n]{0,40}(?:not found|does not exist|not exist|expired)|the file [\w/-]{1,80}[^.\n]{0,40}(?:not found|does not exist|may not exist|expired)|\bfile (?:[\w/-]{1,80} )?(?:was )?(?:not found|does not exist|has expired)|file_not_found/i,
    'text',
  ),
  says('thought-signature', 'thought-signature', asked, /thought[ _]?signature/i, 'text'),
  says(
    'schema-complex',
    'schema-too-complex',
    asked,
    /too many states|too many properties[^.\n]{0,30}schema|schema[^.\n]{0,80}(?:too complex|too large|too deep|too many|nesting depth|maximum (?:allowed )?(?:depth|nesting|size|number))|maximum (?:allowed )?nesting depth|complexity of (?:the|this|your) schema/i,
  ),
  says(
    'context',
    'context-too-long',
    asked,
    /token count[^\n]{0,60}exceeds|exceeds the (?:maximum )?(?:number of |input )?tokens?|exceeds? (?:the |its )?(?:maximum |max )?(?:context|(?:input )?token)[ -]?(?:length|limit|window|size|count)|(?:maximum )?context[ _](?:length|window)[^\n]{0,60}(?:exceed|is \d|of \d)|(?:prompt|input(?: context)?|context) (?:is )?too long|too many (?:input )?tokens|context_length_exceeded|model (?:only )?supports up to|maximum (?:number of )?tokens allowed|token limit exceeded/i,
  ),
  codeIs('context-code', 'context-too-long', 'CONTEXT_LENGTH_EXCEEDED', 'CONTEXT_WINDOW_EXCEEDED'),
  nameIs('context-name', 'context-too-long', 'ContextWindowExceededError', 'litellm.ContextWindowExceededError'),
  statusIs('payload-status', 'payload-too-large', 413),
  says(
    'payload',
    'payload-too-large',
    asked,
    /payload size exceeds|payload (?:is )?too large|request entity too large|maximum request body size|request (?:body|size|payload)[^.\n]{0,40}(?:too large|exceeds|exceeded|larger)|body exceeded|exceeds? the (?:maximum )?(?:request|upload|file|payload|inline)[^.\n]{0,20}(?:size|limit)|file (?:size )?(?:is )?too large|larger than the maximum|message too big|text fields? that (?:is|are) too large|size limit exceeded/i,
  ),
  reasonIs('payload-reason', 'payload-too-large', 'UPLOAD_TOO_LARGE', 'REQUEST_TOO_LARGE'),
  codeIs('range', 'invalid-argument', 'OUT_OF_RANGE'),
  statusIs('media-status', 'invalid-media', 415, 416),
  ['schema', 'schema-invalid', schemaFault],
  says(
    'media',
    'invalid-media',
    asked,
    /unable to process (?:the )?(?:input )?(?:image|video|audio|file|document|media|pdf)|(?:image|video|audio|document|pdf|media|file)s? (?:is|are|was|were) (?:not valid|invalid|corrupt(?:ed)?|empty|unreadable|not supported|unsupported)|provided image is not valid|unsupported (?:mime ?type|file type|file uri|image|media|document|audio|video)|(?:invalid|unsupported)[^.\n]{0,30}file ?uri|invalid (?:mime ?type|image|base64|file ?uri|media|video|audio)|cannot fetch content|(?:failed|unable|could not|cannot) (?:to )?(?:fetch|download|retrieve|access|decode|read|process|load|open)[^.\n]{0,40}(?:image|url|uri|file|media|video|audio|document|pdf|content from)|base64 decoding failed|no pages|(?<!response[ _])mime[ _]?type(?! parameter$)[^.\n]{0,80}(?:not supported|unsupported|must be)|URL_(?:ERROR|TIMEOUT|UNREACHABLE|REJECTED)|(?:image|audio|video|document) input modality|(?:number|size|length|duration|dimensions?) of (?:the )?(?:images?|videos?|audio|pages?)[^.\n]{0,60}(?:exceed|too)|too many (?:images|videos|pages)|contains \d{1,9} (?:images?|pages?|videos?)[^.\n]{0,40}exceed|URL_RETRIEVAL/i,
    'text',
  ),
  reasonIs('media-filtered', 'blocked-content', 'RAI_MEDIA_FILTERED'),
  says(
    'blocked',
    'blocked-content',
    askedOrRefused.concat('success'),
    /(?:prompt|request|response|content|candidate|input|output|generation|text|message|image)s? (?:was|were|is|has been|have been|could not be submitted)[^\n]{0,20}(?:blocked|filtered|flagged)|blocked (?:due to|because of|by|for|reason)[^\n]{0,20}(?:safety|prohibited|recitation|blocklist|spii|other|content|policy|filter)|prohibited_content|content[ _-]?filter|responsible ai practices|(?:finish|block)_?[ ]?reason[^\n]{0,6}(?:safety|recitation|prohibited|blocklist|spii|image_safety)|contains sensitive words|safety filter threshold|violates? [^.\n]{0,30}(?:usage|safety|content|generative ai)[^.\n]{0,20}polic|safety (?:filters?|settings|reasons|attributes)[^.\n]{0,30}block|\[?finish_reason\]?(?:\([^)\n]{0,150}\))? is (?:3|4|7|8|9)\b|(?:blocked|stopped)(?: due to| because of|:)? {0,2}(?:safety|recitation|prohibited[ _]content|blocklist|spii|image[ _](?:safety|prohibited|recitation)|model armor)|violat(?:es|ed) [^.\n]{0,40}guidelines|BlockedPromptException|StopCandidateException|responsible_ai_policy/i,
  ),
  says(
    'model',
    'model-not-found',
    ['request', 'none'],
    /models?[ /`'"]{1,3}[^\s]{1,200}[`'"]? (?:is |was )?(?:not found|not supported|does not exist|is not available)|publisher model[^\n]{0,300}(?:not found|does not exist|not have access)|\bmodels?\b[^\n]{0,160}(?:no longer (?:available|supported)|been retired)|\bmodel[^.\n]{0,80}(?:not found|does(?:n't| not) exist|not exist|been (?:retired|deprecated|shut ?down|discontinued)|is deprecated|unknown|is not supported for)|model_not_found|is not a valid model|not supported for (?:generate|bidi|embed|count|predict)\w*|unknown model|no such model|invalid model(?: name)?\b|model name (?:format|\S{1,200} is malformed)|requested model/i,
    'text',
  ),
  codeIs('model-code', 'model-not-found', 'MODEL_NOT_FOUND'),
  nameIs('model-name', 'model-not-found', 'AI_NoSuchModelError'),
];

/** What is left of a 4xx once no rule knew its words. */
export const requestStatusRules: readonly Rule[] = [
  statusIs('payment-required', 'quota-billing', 402),
  statusIs('request-timeout', 'deadline', 408),
  statusIs('cancelled', 'cancelled-by-server', 499),
  statusIs('too-early', 'unavailable', 425),
  says('conflict-aborted', 'cancelled-by-server', ['request'], /operation was aborted|concurren|contention/i),
  [
    'aborted',
    'cancelled-by-server',
    ({ status, rpcStatus }) =>
      rpcStatus === 'ABORTED' || (status === 409 && rpcStatus === undefined) ? 'ABORTED' : undefined,
  ],
  rpcIs('failed-precondition', 'failed-precondition', 'FAILED_PRECONDITION', 'ALREADY_EXISTS'),
  statusIs('precondition-status', 'failed-precondition', 409, 412, 424, 428),
  says('precondition', 'failed-precondition', asked, /precondition (?:check )?failed|failed_?precondition/i),
  statusIs('not-found', 'not-found', 404, 410),
  rpcIs('not-found-name', 'not-found', 'NOT_FOUND'),
  statusIs('legal', 'region-blocked', 451),
  rpcIs('invalid-argument', 'invalid-argument', 'INVALID_ARGUMENT', 'OUT_OF_RANGE', 'UNIMPLEMENTED'),
  statusIs('not-implemented', 'invalid-argument', 501),
  [
    'other-request-error',
    'invalid-argument',
    ({ family, status }) => (family === 'request' ? `status ${status}` : undefined),
  ],
  ['redirect', 'client-config', ({ family, status }) => (family === 'redirect' ? `status ${status}` : undefined)],
  says(
    'not-found-in-words',
    'not-found',
    ['none'],
    /requested entity was not found|resource not found|\bnot[ _]found\b/i,
  ),
  says(
    'invalid-argument-in-words',
    'invalid-argument',
    ['none'],
    /invalid[ _]argument|request contains an invalid|GenerateContentRequest\.|invalid json payload|unable to submit request|bad ?request|parameter is not supported (?:in|by) /i,
  ),
];
