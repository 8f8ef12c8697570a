import type { Failure } from '../../resilience/failure.ts';

/** What came in the place of an answer, although the service answered in order. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

type Kind = Pick<Failure, 'errorClass' | 'reason' | 'retryable' | 'advice'>;

const kinds = {
  blocked: {
    errorClass: 'request',
    reason: 'blocked-content',
    retryable: false,
    advice: 'Change the prompt, or name a fallback.',
  },
  empty: {
    errorClass: 'server',
    reason: 'empty-response',
    retryable: true,
    advice: 'Ask again, or name a fallback.',
  },
  cramped: {
    errorClass: 'request',
    reason: 'invalid-argument',
    retryable: false,
    advice: 'Thinking used up the allowance: raise maxOutputTokens, or let it think less.',
  },
  malformed: {
    errorClass: 'server',
    reason: 'malformed-response',
    retryable: true,
    advice: 'Send again; if it lasts, check base URL, proxy and backend.',
  },
} as const satisfies Record<string, Kind>;

/**
 * What kind of no answer it is: stopped by a filter, empty, without room for anything but thinking, or of no shape that is known.
 * `evidence`: what says so. `rule`: who read it.
 */
export const noAnswer = (
  kind: keyof typeof kinds,
  { rule, evidence, message }: Pick<Failure, 'rule' | 'evidence' | 'message'>,
): NoAnswer => new NoAnswer({ ...kinds[kind], status: 200, delivery: 'ambiguous', rule, evidence, message });
