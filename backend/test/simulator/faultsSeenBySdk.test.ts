import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FaultName, faultNames, type Simulator, type Step, startSimulator } from '../../simulator/index.ts';
import { fourChunks, sdkOn, seenStreamed, seenWhole } from './seen.ts';

const incomplete = 'Error Incomplete JSON segment at the end';
const terminated = 'TypeError terminated <- ';
const failed = 'TypeError fetch failed <- ';
const aborted = 'AbortError This operation was aborted';
const whole = 'STOP, whole text';
const unavailable = 'ApiError 503 got status: UNAVAILABLE. {"error":{"code"';
const unexpectedEnd = 'SyntaxError Unexpected end of JSON input';

/** The fault, then what the official SDK makes of it in generateContent and in generateContentStream (chunks before the end). */
const rows: readonly (readonly [FaultName | 'ok', string, string])[] = [
  ['ok', whole, `4: ${whole}`],
  ['400', 'ApiError 400', '0: ApiError 400'],
  ['400-key-invalid', 'ApiError 400', '0: ApiError 400'],
  ['400-region', 'ApiError 400', '0: ApiError 400'],
  ['401', 'ApiError 401', '0: ApiError 401'],
  ['401-token-expired', 'ApiError 401', '0: ApiError 401'],
  ['403', 'ApiError 403', '0: ApiError 403'],
  ['403-no-key', 'ApiError 403', '0: ApiError 403'],
  ['404', 'ApiError 404', '0: ApiError 404'],
  ['408', 'ApiError 408', '0: ApiError 408'],
  ['409', 'ApiError 409', '0: ApiError 409'],
  ['413-html', 'ApiError 413', '0: ApiError 413'],
  ['499', 'ApiError 499', '0: ApiError 499'],
  ['500', 'ApiError 500', '0: ApiError 500'],
  ['502-html', 'ApiError 502', '0: ApiError 502'],
  ['503', 'ApiError 503', '0: ApiError 503'],
  ['503-retry-after', 'ApiError 503', '0: ApiError 503'],
  ['503-json-empty', unexpectedEnd, `0: ${unexpectedEnd}`],
  [
    '503-json-html',
    'SyntaxError Unexpected token \'<\', "<html>upst"... is ',
    '0: SyntaxError Unexpected token \'<\', "<html>upst"... is ',
  ],
  ['503-json-array', 'ApiError 503', '0: ApiError 503'],
  ['503-no-content-type', 'ApiError 503', '0: ApiError 503'],
  ['503-sse-content-type', 'ApiError 503', '0: ApiError 503'],
  ['504', 'ApiError 504', '0: ApiError 504'],
  ['529', 'ApiError 529', '0: ApiError 529'],
  ['429', 'ApiError 429', '0: ApiError 429'],
  ['429-tokens-per-minute', 'ApiError 429', '0: ApiError 429'],
  ['429-per-day', 'ApiError 429', '0: ApiError 429'],
  ['429-zero-limit', 'ApiError 429', '0: ApiError 429'],
  ['429-pretty', 'ApiError 429', '0: ApiError 429'],
  ['429-unspecified', 'ApiError 429', '0: ApiError 429'],
  ['429-retry-after', 'ApiError 429', '0: ApiError 429'],
  ['429-shared-capacity', 'ApiError 429', '0: ApiError 429'],
  ['429-text', 'ApiError 429', '0: ApiError 429'],
  ['200-invalid-json', 'SyntaxError Unterminated string in JSON at position 4', `0: ${incomplete}`],
  ['200-empty', unexpectedEnd, '0: no reason, no text'],
  ['204', unexpectedEnd, '0: Error Response body is empty'],
  ['200-html', 'SyntaxError Unexpected token \'<\', "<!doctype "... is ', `0: ${incomplete}`],
  ['200-error-body', 'no reason, no text', `0: ${unavailable}`],
  ['200-null', "TypeError Cannot set properties of null (setting 's", `0: ${incomplete}`],
  ['200-json-array', 'no reason, no text', `0: ${incomplete}`],
  ['302-to-ok', whole, `0: ${incomplete}`],
  ['307-to-ok', whole, `4: ${whole}`],
  ['302-loop', `${failed}redirect count exceeded`, `0: ${failed}redirect count exceeded`],
  ['302-no-location', 'Error', '0: Error'],
  ['refused', `${failed}ECONNRESET`, `0: ${failed}ECONNRESET`],
  ['reset-before-headers', `${failed}ECONNRESET`, `0: ${failed}ECONNRESET`],
  ['fin-before-headers', `${failed}UND_ERR_SOCKET`, `0: ${failed}UND_ERR_SOCKET`],
  ['reset-after-headers', `${terminated}ECONNRESET`, `0: ${terminated}HTTPParserError`],
  ['reset-mid-body', `${terminated}ECONNRESET`, `2: ${terminated}HTTPParserError`],
  ['fin-mid-body', `${terminated}UND_ERR_SOCKET`, `2: ${terminated}HTTPParserError`],
  ['fin-mid-chunked', `${terminated}UND_ERR_SOCKET`, `2: ${terminated}UND_ERR_SOCKET`],
  ['content-length-short', 'SyntaxError Unterminated string in JSON at position 2', `3: ${incomplete}`],
  ['content-length-long', `${terminated}UND_ERR_SOCKET`, `4: ${terminated}UND_ERR_SOCKET`],
  ['garbage-http', `${failed}HTTPParserError`, `0: ${failed}HTTPParserError`],
  ['header-overflow', `${failed}UND_ERR_HEADERS_OVERFLOW`, `0: ${failed}UND_ERR_HEADERS_OVERFLOW`],
  ['bad-gzip', `${terminated}Z_DATA_ERROR`, `0: ${terminated}Z_DATA_ERROR`],
  ['stall-before-headers', aborted, `0: ${aborted}`],
  ['stall-before-body', aborted, `0: ${aborted}`],
  ['stall-mid-body', aborted, `2: ${aborted}`],
  ['slow', whole, `4: ${whole}`],
  ['sse-truncated-event', whole, `3: ${incomplete}`],
  ['sse-no-blank-line', whole, `3: ${incomplete}`],
  ['sse-invalid-json', whole, "2: SyntaxError Expected property name or '}' in JSON at "],
  ['sse-error-first', whole, `0: ${unavailable}`],
  ['sse-error-mid', whole, `2: ${unavailable}`],
  ['sse-error-raw', whole, `2: ${unavailable}`],
  ['sse-error-split', whole, '2: no reason, part of the text'],
  ['sse-error-string-code', whole, '1: no reason, no text'],
  ['sse-event-lines', whole, '0: no reason, no text'],
  ['sse-comments', whole, `4: ${whole}`],
  ['sse-multi-line-data', whole, "0: SyntaxError Expected property name or '}' in JSON at "],
  ['sse-done', whole, '4: SyntaxError Unexpected token \'D\', "[DONE]" is not val'],
  ['sse-utf8-split', whole, `4: ${whole}`],
  ['blocked-prompt', 'PROHIBITED_CONTENT, no text', '1: PROHIBITED_CONTENT, no text'],
  ['no-candidates', 'no reason, no text', '1: no reason, no text'],
  ['empty-object', 'no reason, no text', '1: no reason, no text'],
  ['finish-malformed-function-call', 'MALFORMED_FUNCTION_CALL, no text', '1: MALFORMED_FUNCTION_CALL, no text'],
  ['finish-safety', 'SAFETY, no text', '1: SAFETY, no text'],
  ['finish-recitation', 'RECITATION, no text', '1: RECITATION, no text'],
  ['finish-other', 'OTHER, no text', '1: OTHER, no text'],
  ['finish-max-tokens', 'MAX_TOKENS, part of the text', '2: MAX_TOKENS, part of the text'],
  ['finish-max-tokens-no-text', 'MAX_TOKENS, no text', '1: MAX_TOKENS, no text'],
  ['stop-no-parts', 'STOP, no text', '1: STOP, no text'],
  ['thoughts-only', 'STOP, no text', '1: STOP, no text'],
  ['no-finish-reason', 'no reason, part of the text', '2: no reason, part of the text'],
  ['continuation', whole, `4: ${whole}`],
  ['continuation-then-reset', whole, `4: ${whole}`],
  // It waits for the bytes of a file.
  ['upload-cut', whole, `4: ${whole}`],
];

const requestsMade: Readonly<Record<string, readonly [number, number]>> = {
  '302-to-ok': [2, 2],
  '307-to-ok': [2, 2],
  '302-loop': [21, 21],
  continuation: [2, 2],
  'continuation-then-reset': [1, 2],
};

function stepOf(fault: FaultName | 'ok'): Step {
  return { fault, chunkMs: 1, lastsMs: fault === 'refused' ? 0 : Number.POSITIVE_INFINITY };
}

describe('what the official SDK sees', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator(fourChunks);
  });
  beforeEach(() => simulator.reset());
  afterAll(() => simulator.close());

  test('every fault has a row', () => {
    expect(rows.map(([name]) => name).toSorted()).toEqual(['ok', ...faultNames].toSorted());
  });

  test.each(rows)('%s: %s', async (fault, expected) => {
    simulator.enqueue(stepOf(fault));
    const patienceMs = fault.startsWith('stall') ? 60 : 5_000;
    expect(await seenWhole(sdkOn(simulator.url), { prompt: 'hi', patienceMs })).toBe(expected);
    expect(simulator.ledger.requests.length).toBe(requestsMade[fault]?.[0] ?? 1);
  });

  test.each(rows.map(([fault, , expected]) => [fault, expected] as const))(
    '%s, streamed: %s',
    async (fault, expected) => {
      simulator.enqueue(stepOf(fault));
      const patienceMs = fault.startsWith('stall') ? 60 : 5_000;
      expect(await seenStreamed(sdkOn(simulator.url), { prompt: 'hi', patienceMs })).toBe(expected);
      expect(simulator.ledger.requests.length).toBe(requestsMade[fault]?.[1] ?? 1);
    },
  );
});
