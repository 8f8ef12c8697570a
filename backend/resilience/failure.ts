/** What classification yields. Everything after classification reads this value and never the error again. */

/** The five error classes. Every caught value belongs to exactly one. */
export const errorClasses = ['quota', 'server', 'network', 'auth', 'request'] as const;

/** One of the five. */
export type ErrorClass = (typeof errorClasses)[number];

/**
 * Whether the work may have been done, and billed, although we saw a failure.
 * `unsent`: the request never left. `rejected`: the server said no. `ambiguous`: the answer got lost.
 */
export type Delivery = 'unsent' | 'rejected' | 'ambiguous';

/** Who refused to send an attempt. Class and reason stay those of the failure that made it refuse. */
export type Refuser = 'breaker' | 'gate' | 'budget' | 'deadline' | 'cost-cap';

/** The time that a quota counts over. */
export type QuotaWindow = 'second' | 'minute' | 'hour' | 'day' | 'month';

/** One quota that the server says was exceeded, in the server's own words where it gave them. */
export interface QuotaViolation {
  /** For instance `generativelanguage.googleapis.com/generate_content_free_tier_requests`. */
  readonly metric?: string;
  /** For instance `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  readonly id?: string;
  /** Requests or tokens per window. 0 means that this project has none of it. */
  readonly limit?: number;
  readonly window?: QuotaWindow;
  readonly model?: string;
  readonly location?: string;
}

/** One failure, understood. Plain and readonly. */
export interface Failure<R extends string = string> {
  readonly errorClass: ErrorClass;
  readonly reason: R;
  /** May another attempt of the same request succeed within minutes? */
  readonly retryable: boolean;
  /** Milliseconds, only as the server itself stated them; kept even where the failure is not retryable. */
  readonly retryAfterMs?: number;
  /** HTTP status. */
  readonly status?: number;
  /** Canonical status name: RESOURCE_EXHAUSTED, UNAVAILABLE, … */
  readonly rpcStatus?: string;
  readonly quota?: readonly QuotaViolation[];
  readonly delivery: Delivery;
  /** Set where we did not send: class and reason stay those of the failure that made us refuse. */
  readonly refusedBy?: Refuser;
  /** Name of the rule that decided. */
  readonly rule: string;
  /** The field, or the words, that the rule read. */
  readonly evidence: string;
  /** The server's own words, unwrapped from its layers of JSON, with secrets removed. */
  readonly message: string;
  /** One sentence for a person: what to do now. */
  readonly advice: string;
}

/** How an operation ended, passed between policies instead of being thrown. `error` is what was caught, untouched. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Failed;

/** An outcome that failed. */
export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
  readonly error: unknown;
}
