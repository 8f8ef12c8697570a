import { describe, expect, it } from 'vitest';
import { failureOfResult } from '../../gemini/classification/resultRules.ts';
import { GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';

const candidate = (finishReason?: string, parts?: readonly unknown[], more: object = {}): unknown => ({
  candidates: [{ content: { role: 'model', ...(parts && { parts }) }, ...(finishReason && { finishReason }), ...more }],
});
const call = { functionCall: { name: 'f', args: {} } };

const failures: readonly (readonly [claim: string, body: unknown, reason: string, delivery: string])[] = [
  ['null is no answer', null, 'malformed-response', 'ambiguous'],
  ['an array is none', [], 'malformed-response', 'ambiguous'],
  ['a string is none', 'hello', 'malformed-response', 'ambiguous'],
  ['undefined is none', undefined, 'malformed-response', 'ambiguous'],
  ['an empty object is empty', {}, 'empty-response', 'ambiguous'],
  ['no candidates are empty', { candidates: [], usageMetadata: {} }, 'empty-response', 'ambiguous'],
  [
    'an error comes with its own code',
    { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } },
    'overloaded',
    'rejected',
  ],
  [
    'an error may have a name for its code',
    { error: { code: 'too_many_requests', message: 'slow' } },
    'quota-unspecified',
    'rejected',
  ],
  ['an error may have no code at all', { error: { message: 'odd' } }, 'internal', 'ambiguous'],
  ['a blocked prompt was never answered', { promptFeedback: { blockReason: 'SAFETY' } }, 'blocked-content', 'rejected'],
  [
    'a blocked prompt may have empty candidates',
    { promptFeedback: { blockReason: 'OTHER' }, candidates: [] },
    'blocked-content',
    'rejected',
  ],
  ['SAFETY without parts', candidate('SAFETY'), 'blocked-content', 'ambiguous'],
  ['PROHIBITED_CONTENT without parts', candidate('PROHIBITED_CONTENT'), 'blocked-content', 'ambiguous'],
  ['BLOCKLIST with no parts in its list', candidate('BLOCKLIST', []), 'blocked-content', 'ambiguous'],
  ['SPII without parts', candidate('SPII'), 'blocked-content', 'ambiguous'],
  ['RECITATION without parts', candidate('RECITATION'), 'blocked-content', 'ambiguous'],
  ['IMAGE_SAFETY without parts', candidate('IMAGE_SAFETY'), 'blocked-content', 'ambiguous'],
  ['IMAGE_PROHIBITED_CONTENT without parts', candidate('IMAGE_PROHIBITED_CONTENT'), 'blocked-content', 'ambiguous'],
  ['LANGUAGE without parts', candidate('LANGUAGE'), 'blocked-content', 'ambiguous'],
  ['a blocked image without a word', candidate('SAFETY', [{ text: '' }]), 'blocked-content', 'ambiguous'],
  ['STOP without a part', candidate('STOP'), 'empty-response', 'ambiguous'],
  ['STOP with an empty text', candidate('STOP', [{ text: '' }]), 'empty-response', 'ambiguous'],
  ['OTHER without a part', candidate('OTHER'), 'empty-response', 'ambiguous'],
  ['NO_IMAGE without a part', candidate('NO_IMAGE'), 'empty-response', 'ambiguous'],
  ['no finish reason and no part', candidate(), 'empty-response', 'ambiguous'],
  ['a broken function call', candidate('MALFORMED_FUNCTION_CALL'), 'malformed-function-call', 'ambiguous'],
  [
    'a broken function call beside words',
    candidate('MALFORMED_FUNCTION_CALL', [{ text: 'I will' }]),
    'malformed-function-call',
    'ambiguous',
  ],
  ['a call of a tool that was not offered', candidate('UNEXPECTED_TOOL_CALL'), 'malformed-function-call', 'ambiguous'],
  ['a response that cannot be read', candidate('MALFORMED_RESPONSE'), 'malformed-output', 'ambiguous'],
  ['thinking ate the allowance', candidate('MAX_TOKENS'), 'invalid-argument', 'ambiguous'],
];

const successes: readonly (readonly [claim: string, body: unknown])[] = [
  ['text', candidate('STOP', [{ text: 'hello' }])],
  ['text that was cut at the allowance', candidate('MAX_TOKENS', [{ text: 'hel' }])],
  ['a function call', candidate('STOP', [call])],
  ['an image', candidate('STOP', [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }])],
  ['a thought signature beside an empty text', candidate('STOP', [{ text: '', thoughtSignature: 'c2ln' }])],
  ['text before it was blocked', candidate('SAFETY', [{ text: 'Once upon' }])],
  ['text without a finish reason', candidate(undefined, [{ text: 'he' }])],
  ['text beside an error field of null', { ...(candidate('STOP', [{ text: 'hi' }]) as object), error: null }],
];

describe('failureOfResult', () => {
  it.each(failures)('%s', (_, body, reason, delivery) => {
    expect(failureOfResult(body)).toMatchObject({ reason, delivery });
  });

  it.each(successes)('%s is a success', (_, body) => {
    expect(failureOfResult(body)).toBeUndefined();
  });

  it('retries what was empty or broken, never what was blocked', () => {
    expect(failureOfResult({})?.retryable).toBe(true);
    expect(failureOfResult(candidate('MALFORMED_FUNCTION_CALL'))?.retryable).toBe(true);
    expect(failureOfResult(candidate('SAFETY'))?.retryable).toBe(false);
  });

  it("keeps the server's words about a block", () => {
    expect(failureOfResult(candidate('SPII', undefined, { finishMessage: 'Names a person.' }))?.message).toBe(
      'Names a person.',
    );
  });

  it('restates an error with its own status', () => {
    const failure = failureOfResult({
      error: { code: 429, message: 'Please retry in 2s.', status: 'RESOURCE_EXHAUSTED' },
    });
    expect(failure).toMatchObject({ status: 429, rpcStatus: 'RESOURCE_EXHAUSTED', retryAfterMs: 2_000 });
  });

  it('agrees with classify on an HTTP 200', () => {
    for (const [, body, reason] of failures.filter(
      ([, body]) => typeof body === 'object' && body !== null && !Array.isArray(body),
    )) {
      expect(GoogleApiErrorHandler.classify({ status: 200, headers: {}, body }).reason).toBe(reason);
      expect(GoogleApiErrorHandler.classify({ status: 200, headers: {}, body: JSON.stringify(body) }).reason).toBe(
        reason,
      );
    }
  });
});
