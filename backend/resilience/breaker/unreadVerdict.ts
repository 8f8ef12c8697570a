import { type ErrorClass, errorClasses, type Failure } from '../failure.ts';
import type { CircuitVerdict } from './breakerState.ts';

/** A property, whatever the value is. */
function readAt(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    // A getter or a proxy that throws says nothing.
    return undefined;
  }
}

/** The failure that an error of this package carries, or of another copy of it: it has been read. */
export function carriedFailure(error: unknown): Failure | undefined {
  const failure = readAt(error, 'failure');
  const isFailure = errorClasses.includes(readAt(failure, 'errorClass') as ErrorClass);
  return isFailure ? (failure as Failure) : undefined;
}

/** Errors of the program, or of what it was given. */
const ofTheProgram: ReadonlySet<unknown> = new Set([
  'TypeError',
  'ReferenceError',
  'RangeError',
  'SyntaxError',
  'URIError',
  'EvalError',
  'AssertionError',
  'OptionError',
]);

/** Of the caller, who no longer waits; and of a circuit that let nothing through. */
const ofNobody: ReadonlySet<unknown> = new Set(['AbortError', 'APIUserAbortError', 'CircuitOpenError']);

/** How the platforms say, with a TypeError, that a request was lost. */
const lostWords = /^(?:fetch failed|failed to fetch|network ?error|load failed|terminated)\b/i;

/** Where the HTTP status of an answer stands in the errors of SDKs. */
function statusOf(error: unknown): number | undefined {
  const places = [error, readAt(error, 'response'), readAt(error, '$metadata')];
  const names = ['status', 'statusCode', 'status_code', 'httpStatusCode'];
  return places
    .flatMap(place => names.map(name => readAt(place, name)))
    .find(status => typeof status === 'number' && status >= 400 && status < 600) as number | undefined;
}

/**
 * What an error says of the service that nobody reads more closely. What the service answered with a status below 500 is an answer;
 * an abort, an error of the program's own and an open circuit say nothing of it. All else counts against it: whoever wraps a
 * function has said that what it throws is the service's.
 */
export function unreadVerdict(error: unknown): CircuitVerdict {
  const name = readAt(error, 'name');
  if (ofNobody.has(name) || readAt(error, 'code') === 'ABORT_ERR') return 'none';
  const status = statusOf(error);
  if (status !== undefined) return status < 500 ? 'answer' : 'server-failure';
  if (name === 'TypeError' && lostWords.test(String(readAt(error, 'message')))) return 'network-failure';
  return ofTheProgram.has(name) ? 'none' : 'server-failure';
}
