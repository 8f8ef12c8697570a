import type { Failure } from './failure.ts';

/** One sending of one exchange, as the history of a call keeps it. Holds nothing secret. */
export interface Attempt {
  /** Which HTTP request of the call, from 1: tool loops, continuations and pages make several. */
  readonly exchange: number;
  /** Which sending of that exchange, from 1. */
  readonly attempt: number;
  /** When it was sent, in milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** How long the call waited before it, in milliseconds. */
  readonly waitedMs: number;
  /** It was sent again by a policy that held it back meanwhile, which used up no retry. */
  readonly requeued?: true;
  /** What was changed of the request for this attempt, because the result of an earlier one was of no use. */
  readonly remedy?: string;
  /** Absent where the attempt succeeded. */
  readonly failure?: Failure;
}
