import type { Attempt } from '../../resilience/attempt.ts';
import { nextTarget } from '../../resilience/fallbackTarget.ts';
import { isProviderError, ProviderError } from '../providerError.ts';
import type { Asking, AskOptions } from './asking.ts';
import { defaultWhen } from './registration.ts';

/** That a request went elsewhere: from which registration to which, and the reason. */
export interface RegistryStep {
  readonly from: string;
  readonly to: string;
  readonly because: string;
}

/** One request on its way through the providers. */
export class Journey {
  readonly steps: RegistryStep[] = [];
  attempts: readonly Attempt[] = [];
  readonly #first: Asking;
  readonly #own: AskOptions;
  readonly #startedAtMs: number;
  readonly #tried = new Set<number>();
  #firstError: ProviderError | undefined;

  constructor(first: Asking, own: AskOptions) {
    this.#first = first;
    this.#own = own;
    this.#startedAtMs = first.runtime.now();
  }

  /** What is left of the deadline is all that the next one has. */
  options(): AskOptions {
    const deadlineMs = this.#own.deadlineMs ?? this.#first.registration.deadlineMs;
    if (deadlineMs === undefined) return this.#own;
    return { ...this.#own, deadlineMs: Math.max(1, deadlineMs - (this.#first.runtime.now() - this.#startedAtMs)) };
  }

  /** The name of who is asked next; undefined: nobody is left that the failure leads to. */
  after(at: Asking, error: ProviderError): string | undefined {
    this.#firstError ??= error;
    this.attempts = [...this.attempts, ...error.attempts];
    const { fallbacks = [] } = this.#first.registration;
    const targets = fallbacks.map(({ when = defaultWhen }) => ({ when }));
    const found = nextTarget(error.failure, targets, this.#tried);
    const to = found === undefined ? undefined : fallbacks[found]?.provider;
    if (found === undefined || to === undefined) return undefined;
    this.#tried.add(found);
    this.steps.push({ from: at.name, to, because: error.failure.reason });
    return to;
  }

  /** The error of who was asked first: what to do about that is what its user has to know, and the history has the rest. */
  end(error: unknown): unknown {
    const first = this.#firstError;
    if (first === undefined || !isProviderError(error) || first === error) return error;
    const { provider, failure, retryAt, cause } = first;
    return new ProviderError({ provider, failure, retryAt, cause, attempts: this.attempts });
  }
}
