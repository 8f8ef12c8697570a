import type { Family } from './facts.ts';
import { codeIs, nameIs, type Rule, reasonIs, rpcIs, says, statusIs, unanswered } from './rule.ts';

const served: readonly Family[] = ['server', 'none'];

const overloadWords =
  /overloaded|high (?:demand|load|traffic)|no capacity available|model capacity|at capacity|capacity (?:exceeded|exhausted|constraints)|spikes in demand|MODEL_CAPACITY_EXHAUSTED/i;

/** A status of 5xx, and the few that mean the same. */
export const serverRules: readonly Rule[] = [
  [
    'client-could-not-connect',
    'connection-failed',
    ({ status, family, text }) => (status === 503 || family === 'none' ? grpcConnection.exec(text)?.[0] : undefined),
  ],
  reasonIs('capacity-reason', 'overloaded', 'MODEL_CAPACITY_EXHAUSTED', 'MODEL_OVERLOADED'),
  says('overloaded', 'overloaded', served, overloadWords),
  statusIs('overloaded-status', 'overloaded', 529),
  codeIs('overloaded-code', 'overloaded', 'OVERLOADED_ERROR', 'ENGINE_OVERLOADED'),
  says('deadline-503', 'deadline', ['server'], /deadline e(?:xpired|xceeded)/i),
  statusIs('unavailable-status', 'unavailable', 503),
  statusIs('gateway-timeout', 'deadline', 504, 524, 522, 598),
  statusIs('bad-gateway-status', 'bad-gateway', 502, 520, 521, 523, 525, 526, 527, 530),
  rpcIs('unavailable', 'unavailable', 'UNAVAILABLE'),
  rpcIs('deadline', 'deadline', 'DEADLINE_EXCEEDED'),
  rpcIs('cancelled-name', 'cancelled-by-server', 'CANCELLED'),
  statusIs('not-implemented', 'invalid-argument', 501),
  rpcIs('internal', 'internal', 'INTERNAL', 'UNKNOWN', 'DATA_LOSS'),
  ['other-server-error', 'internal', ({ family, status }) => (family === 'server' ? `status ${status}` : undefined)],
];

const grpcConnection =
  /failed to connect to all addresses|no connection established|name resolution failed|failed to connect to remote host|fd shutdown/i;

/** Words of an answer that came, but was not one; without a status. */
export const answerRules: readonly Rule[] = [
  nameIs(
    'no-object-generated',
    'malformed-output',
    'AI_NoObjectGeneratedError',
    'NoObjectGeneratedError',
    'OutputParserException',
    'OutputParsingError',
  ),
  says(
    'function-call-broken',
    'malformed-function-call',
    ['none', 'success'],
    /malformed[_ ]function[_ ]call|unexpected_tool_call|too_many_tool_calls|\[?finish_reason\]?(?:\([^)\n]{0,150}\))? is (?:10|12)\b/i,
  ),
  says(
    'stream-empty',
    'empty-response',
    ['none', 'success'],
    /empty (?:response|stream|text|content|candidate)|no candidates|response body is empty|(?:returned|received|generated|produced|contains?) no (?:content|text|candidates|output|response|valid part|parts|chunks)|no (?:content|output|text|response) (?:was )?(?:generated|returned|received)|without any (?:content|chunks)|requires the response to contain a valid|response text is empty|candidates (?:is|are|was) (?:empty|undefined)/i,
  ),
  nameIs(
    'empty-by-name',
    'empty-response',
    'AI_EmptyResponseBodyError',
    'AI_NoContentGeneratedError',
    'AI_NoOutputGeneratedError',
  ),
  says(
    'stream-cut',
    'truncated-stream',
    ['none', 'success'],
    /incomplete json segment|without (?:a )?finish ?reason|failed to parse stream|stream (?:was |has )?(?:truncated|ended unexpectedly|ended prematurely|closed (?:early|prematurely|before))|incomplete (?:chunked read|message|envelope|body)|premature(?:ly)? (?:close|ended)|unexpected (?:eof|end of file)\b/i,
  ),
  says(
    'stream-invalid',
    'invalid-stream',
    ['none', 'success'],
    /(?:invalid|malformed|corrupt(?:ed)?) (?:response )?(?:stream|sse|event|chunk)|stream (?:was|is|contained|had|completed)[^.\n]{0,40}(?:invalid|malformed|without valid)|NO_RESPONSE_TEXT|InvalidStreamError|invalid stream/i,
  ),
  nameIs('stream-invalid-by-name', 'invalid-stream', 'InvalidStreamError'),
  says(
    'output-malformed',
    'malformed-output',
    ['none', 'success'],
    /malformed_response|no object generated|did not match (?:the )?schema|could not parse (?:the )?(?:model|llm) (?:output|response)|output parsing|failed to parse (?:model|llm|structured) (?:output|response)/i,
  ),
  unanswered(
    nameIs(
      'json-by-name',
      'malformed-response',
      'AI_JSONParseError',
      'AI_InvalidResponseDataError',
      'AI_TypeValidationError',
      'JSONDecodeError',
      'json.decoder.JSONDecodeError',
    ),
  ),
  says(
    'json-broken',
    'malformed-response',
    ['none', 'success'],
    /exception parsing stream chunk|server did not return|upload status is not finalized|is not valid json|in json at position|unexpected end of json|unexpected token .{1,20} in json|unterminated string in json|json[. ]?parse error|invalid json response|(?:failed|unable|error)[^.\n]{0,12}pars(?:e|ing) (?:the )?(?:json|response|server response)|expecting value: line|expected property name or|expected .{1,6} after (?:property|array)|bad (?:control|escaped) character in|type validation failed|invalid response data|setting 'sdkhttpresponse'|doctype html|<html/i,
  ),
  codeIs('body-broken', 'malformed-response', 'Z_DATA_ERROR', 'ERR_INVALID_RESPONSE', 'HPE_INVALID_CONSTANT'),
  says(
    'server-in-words',
    'internal',
    ['none'],
    /internal error (?:has occurred|encountered|occurred)|internal server error|an internal error|InternalServerError/i,
  ),
  says(
    'unavailable-in-words',
    'unavailable',
    ['none'],
    /service (?:is )?(?:currently |temporarily )?unavailable|upstream connect error|ServiceUnavailable/i,
  ),
  says('gateway-in-words', 'bad-gateway', ['none'], /bad gateway/i),
  says(
    'deadline-in-words',
    'deadline',
    ['none'],
    /(?<!context )deadline (?:expired|exceeded)|gateway time-?out|DeadlineExceeded/i,
  ),
  says('cancelled-in-words', 'cancelled-by-server', ['none'], /the operation was cancell?ed/i),
];
