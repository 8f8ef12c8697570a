import type { Failure } from './failure.ts';

/** Fields that every event carries. */
export interface EventOrigin {
  /** Counts the calls of this process, from 1; ties the events of one call together. */
  readonly callId: number;
  /** What was asked for: `generateContent`, or the name that the caller gave. */
  readonly operation: string;
  readonly model?: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Everything that happens to a call, as facts in the past. Holds neither key nor prompt. */
export type ResilienceEvent = EventOrigin &
  (
    | { readonly type: 'attempt-start'; readonly exchange: number; readonly attempt: number }
    | {
        readonly type: 'attempt-end';
        readonly exchange: number;
        readonly attempt: number;
        readonly durationMs: number;
        /** Absent where the attempt succeeded. */
        readonly failure?: Failure;
      }
    | {
        readonly type: 'retry-wait';
        readonly exchange: number;
        /** The attempt that failed. */
        readonly attempt: number;
        /** How many attempts this failure's strategy allows in all; Infinity where this one uses up none. */
        readonly attemptsAllowed: number;
        readonly delayMs: number;
        /** Who asked for the wait: the server stated it, or the strategy computed it. */
        readonly source: 'server' | 'backoff';
        readonly failure: Failure;
        /** Milliseconds until the call's deadline, when the wait began. Infinity where it has none. */
        readonly deadlineLeftMs: number;
      }
    | {
        readonly type: 'requeue';
        readonly exchange: number;
        /** The attempt that failed. */
        readonly attempt: number;
        readonly failure: Failure;
      }
    | {
        readonly type: 'gate-wait';
        readonly exchange: number;
        /** What holds it: a spent quota, a rate that the server bears, or a limit that is not known yet. */
        readonly because: 'quota' | 'rate' | 'ramp';
        /** How many wait before it. */
        readonly position: number;
        /** When its turn comes at the earliest, in milliseconds from now. */
        readonly expectedMs: number;
      }
    | {
        /** No answer has come for so long: it is sent a second time. */
        readonly type: 'hedge';
        readonly exchange: number;
        readonly afterMs: number;
      }
    | {
        readonly type: 'circuit-change';
        /** Host and model. */
        readonly service: string;
        readonly from: 'closed' | 'open' | 'half-open';
        readonly to: 'closed' | 'open' | 'half-open';
        readonly because: string;
      }
    | {
        /** The request is sent again with a change, because its last result was of no use. */
        readonly type: 'remedy';
        readonly exchange: number;
        /** The attempt that is sent with the change. */
        readonly attempt: number;
        /** What the last result said of itself. */
        readonly because: string;
        /** What was changed, for instance `temperature 1 → 0.5`. */
        readonly did: string;
      }
    | {
        /** A stream broke after its first content, and is gone on with. */
        readonly type: 'resume';
        /** Which time in a row without anything new, from 1. */
        readonly times: number;
        readonly delayMs: number;
        readonly failure: Failure;
      }
    | {
        /** The answer did not fit, and the model is asked again with what is wrong with it. */
        readonly type: 'repair';
        /** Which time the model is now asked, from 2. */
        readonly ask: number;
        readonly failure: Failure;
      }
    | {
        /** One tool has been run. */
        readonly type: 'tool-end';
        /** Which request to the model asked for it, from 1. */
        readonly step: number;
        readonly tool: string;
        readonly durationMs: number;
        /** `refused`: not run, because it is not known, not allowed, or its arguments do not fit. */
        readonly outcome: 'success' | 'failure' | 'refused';
      }
    | {
        /** The model has been answered, and is asked again with the results of its tools. */
        readonly type: 'tool-step';
        readonly step: number;
        /** How many tools it asked for. */
        readonly tools: number;
      }
    | {
        /** So much of a file has arrived. */
        readonly type: 'upload-progress';
        readonly sentBytes: number;
        readonly totalBytes: number;
      }
    | {
        /** The exchange is sent elsewhere; or it cannot be sent there. */
        readonly type: 'fallback' | 'fallback-refused';
        readonly exchange: number;
        readonly from: string;
        readonly to: string;
        /** The failure's reason; or why it cannot be sent there. */
        readonly because: string;
      }
    | {
        readonly type: 'give-up';
        readonly exchange: number;
        readonly attempt: number;
        readonly because: GiveUpCause;
        readonly failure: Failure;
      }
    | {
        readonly type: 'call-end';
        readonly outcome: 'success' | 'failure' | 'aborted';
        readonly attempts: number;
        readonly durationMs: number;
        readonly failure?: Failure;
      }
  );

/** Why no further attempt was made. */
export type GiveUpCause =
  | 'not-retryable'
  | 'refused'
  | 'retries-spent'
  | 'total-retries-spent'
  | 'ambiguous-retries-spent'
  | 'not-repeatable'
  | 'already-retried'
  | 'deadline-too-near'
  | 'given-up-by-rule'
  | 'aborted';

/** Told of every event, in order. What it throws is ignored. */
export type EventListener = (event: ResilienceEvent) => void;

/** An event as a policy writes it: the origin is added where it is emitted. */
export type EventBody = ResilienceEvent extends infer E
  ? E extends unknown
    ? Omit<E, keyof EventOrigin>
    : never
  : never;
