import type { Attempt } from '../resilience/attempt.ts';
import type { Failure } from '../resilience/failure.ts';

/** Known by symbol, not by class, so that two installed copies of this package recognise each other's errors. */
const brand = Symbol.for('geminicore.ProviderError');

/** What every layer of ours looks for before it repeats a call that has already had its retries. */
const retried = Symbol.for('geminicore.retried');

/** Node prints an object through this method where it has one; other platforms ignore it. */
const inspect = Symbol.for('nodejs.util.inspect.custom');

/** What a ProviderError is made of. */
export interface ProviderErrorDetails {
  /** The name of the provider, or of the registration; '' where a setting was refused before there was one. */
  readonly provider: string;
  readonly failure: Failure;
  /** Every attempt of the call, oldest first. Empty where nothing was sent. */
  readonly attempts: readonly Attempt[];
  /** When another try makes sense, where the server or the schedule says so. */
  readonly retryAt?: Date | undefined;
  /** What was caught, untouched. */
  readonly cause?: unknown;
}

function describe({ provider, failure, attempts, retryAt }: ProviderErrorDetails): string {
  const { errorClass, reason, advice, evidence, refusedBy, message } = failure;
  const tries = attempts.length > 1 ? ` after ${attempts.length} attempts` : '';
  const refused = refusedBy === undefined ? '' : ` (not sent again: ${refusedBy})`;
  const words = message || evidence;
  const back = retryAt === undefined ? '' : ` Come back at ${retryAt.toISOString()}.`;
  const who = provider === '' ? '' : `${provider} `;
  return `${who}${errorClass}/${reason}${tries}${refused}: ${words}${/[.!?]$/.test(words) ? '' : '.'} ${advice}${back}`;
}

/**
 * The one error that a call to any provider ends in: what happened (`failure`), what was tried (`attempts`), when to come back
 * (`retryAt`). Printing it or turning it into JSON shows neither key nor prompt; `cause` is what was caught, as it was.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly provider: string;
  readonly failure: Failure;
  readonly attempts: readonly Attempt[];
  declare readonly retryAt?: Date;

  constructor(details: ProviderErrorDetails) {
    super(describe(details), { cause: details.cause });
    Object.defineProperty(this, brand, { value: true });
    Object.defineProperty(this, retried, { value: true });
    this.provider = details.provider;
    this.failure = details.failure;
    this.attempts = details.attempts;
    if (details.retryAt !== undefined) this.retryAt = details.retryAt;
  }

  toJSON(): Record<string, unknown> {
    const { name, message, provider, failure, attempts, retryAt } = this;
    return { name, message, provider, failure, attempts, ...(retryAt && { retryAt: retryAt.toISOString() }) };
  }

  [inspect](_depth: number, options: object, print: (value: unknown, options: object) => string): string {
    const { name: _name, message: _message, ...facts } = this.toJSON();
    return `${this.stack ?? this.message} ${print(facts, options)}`;
  }
}

/** Is it marked so, by whatever copy of this package? */
function hasMark(error: unknown, mark: symbol): boolean {
  if (typeof error !== 'object' || error === null) return false;
  try {
    return Reflect.get(error, mark) === true;
  } catch {
    // A proxy whose trap throws is no error of ours.
    return false;
  }
}

/** Is it a ProviderError, of whatever copy of this package? Never throws. */
export const isProviderError = (error: unknown): error is ProviderError => hasMark(error, brand);

/** Does it come from a call of this package that has already had its retries? */
export const hasRetried = (error: unknown): boolean =>
  hasMark(error, retried) || hasMark(error, Symbol.for('geminicore.GeminiError'));
