import { readFileSync } from 'node:fs';

/** The lines of a fixture, each of them JSON. */
export function readLines<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as T]));
}

/** An exception as a fixture describes it: any own fields, a chain of causes, the errors of an aggregate. */
export interface Thrown {
  readonly name?: string | null;
  readonly message?: string | null;
  readonly cause?: Thrown | null;
  readonly errors?: readonly Thrown[];
  readonly [field: string]: unknown;
}

/** The exception that the description stands for. `null` in a field means that the source did not give it. */
export function exceptionOf({ message, cause, errors, ...fields }: Thrown): Error {
  const error = cause ? new Error(message ?? '', { cause: exceptionOf(cause) }) : new Error(message ?? '');
  for (const [field, value] of Object.entries(fields)) {
    if (value !== null) Object.assign(error, { [field]: value });
  }
  return errors ? Object.assign(error, { errors: errors.map(exceptionOf) }) : error;
}

/** One error as it was reported from the field, and what a right classifier says of it. */
export interface Reported {
  readonly id: string;
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly thrown: Thrown | null;
  readonly ambiguous?: boolean;
  readonly expect: {
    readonly class: string;
    readonly retryable: boolean;
    readonly retryAfterMs: number | null;
    readonly reason: string;
  };
}

const phrases: Readonly<Record<number, string>> = { 429: 'Too Many Requests', 503: 'Service Unavailable' };

/** What the caller of the official SDK would have caught: the exception itself, or an ApiError whose message is the body. */
export function caughtFrom({ status, headers, body, thrown }: Reported): unknown {
  if (thrown !== null) return exceptionOf({ ...thrown, status });
  const isText = typeof body !== 'object' || body === null;
  const sent = isText ? { error: { message: body ?? '', code: status, status: phrases[status ?? 0] ?? '' } } : body;
  const kept = Object.keys(headers).length > 0 ? headers : null;
  return exceptionOf({ name: 'ApiError', message: JSON.stringify(sent), status, headers: kept });
}
