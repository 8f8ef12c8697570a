import type { Attempt } from './attempt.ts';
import type { AttemptContext } from './attemptContext.ts';
import type { EventListener } from './events.ts';
import type { Failure, Outcome } from './failure.ts';
import type { AsyncRuntime } from './runtime.ts';
import type { Standing } from './standing.ts';

/** What the caller asked for. Shared by all its exchanges: deadline, abort, history, ambiguous count. */
export interface Call {
  readonly id: number;
  readonly operation: string;
  readonly model: string | undefined;
  readonly runtime: AsyncRuntime;
  readonly listener: EventListener | undefined;
  /** The caller's own signal. Never handed on to anybody who might leave a listener on it. */
  readonly signal: AbortSignal | undefined;
  /** On the runtime's monotonic clock. Infinity: none. Set anew where a call goes on after its answer had begun. */
  deadlineAtMs: number;
  readonly startedAtMs: number;
  attempts: readonly Attempt[];
  /** Whether successful attempts are written into `attempts` as well, for a caller who is shown them. */
  readonly keepsSuccess: boolean;
  exchanges: number;
  ambiguousRetries: number;
  /** Higher goes first where calls wait for each other. An integer; 0 unless set. */
  readonly priority?: number;
}

/** The work of an exchange, done once for each attempt. */
export type Operation<T> = (context: AttemptContext, exchange: Exchange) => T | Promise<T>;

/** What bounds and reads one attempt. */
export interface AttemptOptions {
  /** Reads a caught value, once. Total: never throws. */
  readonly classify: (error: unknown) => Failure;
  /** Longest time for one attempt, in milliseconds. Infinity: only the deadline bounds it. */
  readonly attemptTimeoutMs: number;
  /** The name of that limit as its setter knows it. @default 'attemptTimeoutMs' */
  readonly limitName?: string | undefined;
  /** After so many milliseconds without an answer it is sent a second time, and the first answer counts. @default Infinity */
  readonly hedgeAfterMs?: number | undefined;
  /** How many input tokens the work will take, as far as can be told before. Only asked where a quota counts them. */
  readonly inputTokens?: (() => number) | undefined;
}

/** Whom an exchange is for: the names under which policies share what they learn. */
export interface Target {
  /** What shares an outage: host and model. */
  readonly service: string;
  /** What shares a quota: project or credential, location, model. */
  readonly scope: string;
}

/** Of work that is for nobody in particular. */
export const noTarget: Target = Object.freeze({ service: '', scope: '' });

/** One HTTP request of a call, or one operation: what is sent again when an attempt fails. */
export interface Exchange<T = unknown> {
  readonly call: Call;
  readonly operation: Operation<T>;
  readonly options: AttemptOptions;
  readonly target: Target;
  /** From 1, within the call. */
  readonly number: number;
  /** May it be sent again although the first sending may have been carried out? */
  readonly repeatable: boolean;
  /** Sendings so far. */
  attempt: number;
  /** The wait before the coming attempt, in milliseconds. */
  waitedMs: number;
  /** When the last attempt was sent, on the runtime's monotonic clock; NaN before the first. */
  sentAtMs: number;
  /** Whether what fails may be sent again. */
  mayRetry: boolean;
  /** Ends this exchange alone; it aborts when the call's own does. Absent: the call's own. */
  signal?: AbortSignal;
  /** Whether it may still be sent elsewhere, which is better than being held. */
  hasAlternative?: boolean;
  /** What policies that calls share know of it; undefined where there are none. */
  standing: Standing | undefined;
  /** Told how the coming attempt ended, before anybody else is. Set for one attempt, and never throws. */
  leaving: Leaving | undefined;
  /** Takes up the outcome of the coming attempt, instead of a step that waits for its promise. Set for one attempt, and never throws. */
  onward: Onward | undefined;
  /**
   * Of an attempt that succeeded while its answer still comes: how that ended. Permits and probes are held until then. Never
   * rejects.
   */
  ending?: Promise<Failure | undefined> | undefined;
  /** When the failure that ended it makes another try sensible, on the wall clock in milliseconds. */
  retryAtMs?: number;
}

/** Is told of an outcome. */
export type Leaving = (exchange: Exchange, outcome: Outcome<unknown>) => void;

/** What is made of an outcome: the same, or what becomes of the exchange after it. */
export type Onward = <T>(exchange: Exchange<T>, outcome: Outcome<T>) => Outcome<T> | Promise<Outcome<T>>;

/** Sends an exchange, however often, and says how that ended. */
export type Send = <T>(exchange: Exchange<T>) => Promise<Outcome<T>>;

/**
 * A step of the pipeline: makes, of the step after it, one that runs that none, one or many times. Put together once and not for
 * each call, so that a step costs a waiting call nothing but what it keeps of it. What it runs must not throw: a failure is an
 * outcome.
 */
export type Policy = (next: Send) => Send;

/** The innermost steps that tell `Exchange.leaving`: a step around them need not wait for their promise itself. */
export const tellsLeaving = new WeakSet<Send>();

/** Makes one step of two that stand side by side, where both are of the same kind. */
export type Join = (outer: Policy, inner: Policy) => Policy;

/** The policies that can be made one step with their neighbours. */
export const joins = new WeakMap<Policy, Join>();

/** Of all calls that have none yet. */
const noAttempts: readonly Attempt[] = Object.freeze([]);

let lastCallId = 0;

/** What a call is begun with. */
export interface CallOptions {
  readonly operation: string;
  readonly model?: string | undefined;
  readonly runtime: AsyncRuntime;
  readonly listener?: EventListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now; absent: no deadline. */
  readonly deadlineMs?: number | undefined;
  readonly keepsSuccess?: boolean | undefined;
  readonly priority?: number | undefined;
}

/** Begins a call; its deadline runs from now. */
export function startCall({
  operation,
  model,
  runtime,
  listener,
  signal,
  deadlineMs,
  keepsSuccess = false,
  priority,
}: CallOptions): Call {
  const startedAtMs = runtime.now();
  lastCallId += 1;
  const call: Call = {
    id: lastCallId,
    operation,
    model,
    runtime,
    listener,
    signal,
    deadlineAtMs: deadlineMs === undefined ? Number.POSITIVE_INFINITY : startedAtMs + deadlineMs,
    startedAtMs,
    attempts: noAttempts,
    keepsSuccess,
    exchanges: 0,
    ambiguousRetries: 0,
  };
  // Nearly all have none, and thousands may wait.
  return priority === undefined ? call : { ...call, priority };
}

/** Begins the next exchange of a call. */
export function startExchange<T>(
  call: Call,
  repeatable: boolean,
  operation: Operation<T>,
  options: AttemptOptions,
  target: Target = noTarget,
): Exchange<T> {
  call.exchanges += 1;
  return {
    call,
    operation,
    options,
    target,
    number: call.exchanges,
    repeatable,
    attempt: 0,
    waitedMs: 0,
    sentAtMs: Number.NaN,
    mayRetry: false,
    standing: undefined,
    leaving: undefined,
    onward: undefined,
  };
}

/** What ends the exchange from outside. */
export const signalOf = ({ signal, call }: Exchange): AbortSignal | undefined => signal ?? call.signal;

/** Milliseconds until the call's deadline; Infinity where it has none. */
export const remainingMs = (call: Call): number => call.deadlineAtMs - call.runtime.now();
