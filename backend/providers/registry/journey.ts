import type { Attempt } from '../../resilience/attempt.ts';
import { nextTargetAfter } from '../../resilience/fallbackTarget.ts';
import { isProviderError, ProviderError } from '../providerError.ts';
import type { Asking, AskOptions } from './asking.ts';
import { defaultWhen } from './registration.ts';

/** The settings of one call. */
export interface CompleteOptions extends AskOptions {
  /** `false`: sent once, and nowhere else. @default as the registration says, of each that is asked */
  readonly withRetry?: boolean | undefined;
}

/** A request that is sent once is not sent a second time for being slow either. */
const once = { maxRetries: 0, hedgeAfterMs: Number.POSITIVE_INFINITY } as const;

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
  readonly #own: CompleteOptions;
  readonly #deadlineAtMs: number;
  readonly #tried = new Set<number>();
  readonly #errors: ProviderError[] = [];

  constructor(first: Asking, own: CompleteOptions) {
    this.#first = first;
    this.#own = own;
    this.#deadlineAtMs = first.runtime.now() + first.deadlineMs(own);
  }

  /** How the next one is asked: what is left of the one deadline is the most that it has. */
  options({ registration }: Asking): AskOptions {
    const { withRetry = registration.withRetry ?? true, ...own } = this.#own;
    const statedMs = own.deadlineMs === undefined ? registration.deadlineMs : undefined;
    const deadlineMs = Math.min(this.#leftMs, statedMs ?? Number.POSITIVE_INFINITY);
    return { ...own, deadlineMs, ...(!withRetry && once) };
  }

  /** The name of who is asked next; undefined: nobody is left that a failure leads to, or no time to ask. */
  after(at: Asking, error: ProviderError): string | undefined {
    this.#errors.push(error);
    this.attempts = [...this.attempts, ...error.attempts];
    const { fallbacks = [] } = this.#first.registration;
    const targets = fallbacks.map(({ when = defaultWhen }) => ({ when }));
    const failures = this.#errors.map(({ failure }) => failure);
    const found = this.#leftMs > 0 ? nextTargetAfter(failures, targets, this.#tried) : undefined;
    const to = found === undefined ? undefined : fallbacks[found]?.provider;
    if (to === undefined) return undefined;
    // Who has failed is not asked again, under whatever condition it is named a second time.
    for (const [place, { provider }] of fallbacks.entries()) if (provider === to) this.#tried.add(place);
    this.steps.push({ from: at.name, to, because: error.failure.reason });
    return to;
  }

  /** The error of who was asked first: what to do about that is what its user has to know, and the history has the rest. */
  end(error: unknown): unknown {
    const [first] = this.#errors;
    if (first === undefined || !isProviderError(error) || first === error) return error;
    const { provider, failure, retryAt, cause } = first;
    return new ProviderError({ provider, failure, retryAt, cause, attempts: this.attempts });
  }

  get #leftMs(): number {
    return this.#deadlineAtMs - this.#first.runtime.now();
  }
}
