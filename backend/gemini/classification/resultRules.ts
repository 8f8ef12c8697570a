import type { GeminiFailure } from '../reasons.ts';
import { classifyValue } from './classify.ts';
import { failureFrom } from './failureFrom.ts';
import { failureOfFinding } from './failureOfFinding.ts';
import { findingOf } from './findings.ts';
import { isArray, isObject, read } from './safeRead.ts';

const ok = 200;

/**
 * A 200 is not yet a success. The failure that a body of generateContent hides, or undefined where it is good. In this order: an
 * error restated with its own code; blocked content; nothing at all; a function call or an answer that is broken.
 */
export function failureOfResult(body: unknown): GeminiFailure | undefined {
  if (!isObject(body) || isArray(body)) return malformed(body);
  const error = read(body, 'error');
  if (error !== undefined && error !== null && read(body, 'candidates') === undefined)
    return classifyValue({ status: ok, body }, undefined);
  const finding = findingOf(body);
  return finding && failureOfFinding(finding, ok);
}

function malformed(body: unknown): GeminiFailure {
  const kind = body === null ? 'null' : isArray(body) ? 'an array' : typeof body;
  return failureFrom({
    reason: 'malformed-response',
    rule: 'result-is-no-object',
    evidence: `the body is ${kind}`,
    message: `The body of the answer is ${kind}, not an object.`,
    delivery: 'ambiguous',
    status: ok,
  });
}
