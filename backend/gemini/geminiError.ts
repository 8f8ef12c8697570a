import type { Attempt } from '../resilience/attempt.ts';
import type { GeminiFailure } from './reasons.ts';

/**
 * How a stream ended. `complete`: with a finish reason. `truncated`: the connection broke, or the server ended it without one.
 * `stalled`: nothing came within a limit. `blocked`: the service would not answer. `failed`: it said that it had failed. `aborted`:
 * by the caller, or because nobody read on.
 */
export type StreamState = 'complete' | 'truncated' | 'stalled' | 'blocked' | 'failed' | 'aborted';

/** That a stream was broken off and gone on with. */
export interface Resumed {
  /** How often. */
  readonly times: number;
  /** Input tokens of the requests that went on with it, as the API reports them; 0 where it does not. */
  readonly tokensSpentAgain: number;
}

/** Known by symbol, not by class, so that two installed copies of this package recognise each other's errors. */
const brand = Symbol.for('geminicore.GeminiError');

/** Node prints an object through this method where it has one; other platforms ignore it. */
const inspect = Symbol.for('nodejs.util.inspect.custom');

/** What a GeminiError is made of. */
export interface GeminiErrorDetails {
  readonly failure: GeminiFailure;
  /** Every attempt of the call, oldest first. Empty where nothing was sent. */
  readonly attempts: readonly Attempt[];
  /** When another try makes sense, where the server or the schedule says so. */
  readonly retryAt?: Date;
  /** What was caught, untouched. */
  readonly cause?: unknown;
  /** The text that a broken-off stream had already yielded; of more than 16 million characters, none. */
  readonly partialText?: string;
  /** How a stream ended. Absent where the call was none, or had not been begun. */
  readonly state?: StreamState;
  /** Token counts that a broken-off stream had reported so far, as the API has them. */
  readonly usage?: object;
  /** Set where a stream was gone on with before it ended so. */
  readonly resumed?: Resumed;
}

function describe({ failure, attempts, retryAt }: GeminiErrorDetails): string {
  const tries = attempts.length > 1 ? ` after ${attempts.length} attempts` : '';
  const refused = failure.refusedBy === undefined ? '' : ` (not sent again: ${failure.refusedBy})`;
  const back = retryAt === undefined ? '' : ` Come back at ${retryAt.toISOString()}.`;
  const { errorClass, reason, advice } = failure;
  const message = failure.message || failure.evidence;
  const words = /[.!?]$/.test(message) ? message : `${message}.`;
  return `${errorClass}/${reason}${tries}${refused}: ${words} ${advice}${back}`;
}

/**
 * The one error that a call ends in: what happened (`failure`), what was tried (`attempts`), when to come back (`retryAt`).
 * Printing it or turning it into JSON shows neither key nor prompt; `cause` is what was caught, as it was.
 */
export class GeminiError extends Error {
  override readonly name = 'GeminiError';
  readonly failure: GeminiFailure;
  readonly attempts: readonly Attempt[];
  declare readonly retryAt?: Date;
  declare readonly partialText?: string;
  declare readonly state?: StreamState;
  declare readonly usage?: object;
  declare readonly resumed?: Resumed;

  constructor(details: GeminiErrorDetails) {
    super(describe(details), { cause: details.cause });
    Object.defineProperty(this, brand, { value: true });
    this.failure = details.failure;
    this.attempts = details.attempts;
    if (details.retryAt !== undefined) this.retryAt = details.retryAt;
    const { state, usage, resumed } = details;
    Object.assign(this, { ...(state && { state }), ...(usage && { usage }), ...(resumed && { resumed }) });
    if (details.partialText !== undefined) {
      // The model's words are the user's data: kept for the program, not shown by a log line.
      Object.defineProperty(this, 'partialText', { value: details.partialText, enumerable: false });
    }
  }

  toJSON(): Record<string, unknown> {
    const { name, message, failure, attempts, retryAt, state } = this;
    return {
      name,
      message,
      failure,
      attempts,
      ...(retryAt && { retryAt: retryAt.toISOString() }),
      ...(state && { state }),
    };
  }

  [inspect](_depth: number, options: object, print: (value: unknown, options: object) => string): string {
    const { name: _name, message: _message, ...facts } = this.toJSON();
    return `${this.stack ?? this.message} ${print(facts, options)}`;
  }
}

/** Is it a GeminiError, of whatever copy of this package? Never throws. */
export function isGeminiError(error: unknown): error is GeminiError {
  if (typeof error !== 'object' || error === null) return false;
  try {
    return Reflect.get(error, brand) === true;
  } catch {
    // A proxy whose trap throws is no error of ours.
    return false;
  }
}
