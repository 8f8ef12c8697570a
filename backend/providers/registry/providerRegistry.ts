import type { Attempt } from '../../resilience/attempt.ts';
import { checkIsObject, checkSignal, checkText, OptionError, show } from '../../resilience/optionError.ts';
import { checkOptions, onOrOff } from '../../resilience/optionRules.ts';
import { callRanges } from '../fetch/callHeaders.ts';
import { isProviderError } from '../providerError.ts';
import { refusing } from '../refusing.ts';
import { type Asked, Asking, type AskOptions, type Pieces } from './asking.ts';
import {
  type Completion,
  type CompletionPiece,
  type CompletionRequest,
  type Question,
  questionOf,
} from './completion.ts';
import { type CompleteOptions, Journey, type RegistryStep } from './journey.ts';
import { checkRegistration, type ProviderRegistration } from './registration.ts';

/** An answer, with who gave it and how it came about. */
export interface RegistryResult extends Completion {
  /** The name of the registration that answered. */
  readonly provider: string;
  readonly fellBack: readonly RegistryStep[];
  readonly attempts: readonly Attempt[];
}

/** What a registry begins with. */
export interface ProviderRegistryOptions {
  readonly providers?: Readonly<Record<string, ProviderRegistration>> | undefined;
  /** Who is asked where no name is given. @default the first that was registered */
  readonly default?: string | undefined;
}

const rules = { ...callRanges, signal: checkSignal, withRetry: onOrOff };

type Ask<T> = (asking: Asking, question: Question, options: AskOptions) => Promise<Asked<T>>;

/** Who answered, and the way there. */
interface Found<T> extends Asked<T> {
  readonly provider: string;
  readonly fellBack: readonly RegistryStep[];
}

/** Providers by name, one small shape of request for all of them, and where to go when one fails. */
export class ProviderRegistry {
  readonly #askings = new Map<string, Asking>();
  #default: string | undefined;

  /** @throws ProviderError for a bad setting */
  constructor(options: ProviderRegistryOptions = {}) {
    refusing(() => checkOptions('options', options, { providers: checkIsObject, default: checkText }));
    const { providers = {}, default: first } = options;
    for (const [name, registration] of Object.entries(providers)) this.register(name, registration);
    if (first !== undefined) this.default = first;
  }

  /** Adds a provider, or replaces it. @throws ProviderError */
  register(name: string, registration: ProviderRegistration): this {
    refusing(() => {
      if (typeof name !== 'string' || name === '') throw new OptionError('name', show(name), 'a name');
      checkRegistration(name, registration);
    });
    this.#askings.set(name, new Asking(name, registration));
    this.#default ??= name;
    return this;
  }

  /** The names, in the order of their registration. */
  get names(): readonly string[] {
    return [...this.#askings.keys()];
  }

  /** Who is asked where no name is given. */
  get default(): string | undefined {
    return this.#default;
  }

  set default(name: string | undefined) {
    if (name !== undefined) this.#asking('default', name);
    this.#default = name;
  }

  /**
   * Asks a provider, or the default one, until it answers; where it fails for good, those that its fallbacks name. One deadline
   * for all.
   * @throws ProviderError of the provider that was asked first, or the signal's reason
   */
  async completeWithRetry(
    name: string | undefined,
    request: CompletionRequest,
    options: CompleteOptions = {},
  ): Promise<RegistryResult> {
    const ask: Ask<Completion> = (asking, question, own) => asking.complete(question, own);
    const { value, ...found } = await this.#find(name, request, options, ask);
    return { ...value, ...found };
  }

  /** The same, piece by piece. What breaks after the first piece is not repeated. @throws ProviderError, or the signal's reason */
  async *stream(
    name: string | undefined,
    request: CompletionRequest,
    options: CompleteOptions = {},
  ): AsyncGenerator<CompletionPiece & { readonly provider: string }> {
    const ask: Ask<Pieces> = (asking, question, own) => asking.stream(question, own);
    const { value, provider, attempts } = await this.#find(name, request, options, ask);
    for await (const piece of value(attempts)) yield { ...piece, provider };
  }

  #asking(field: string, name: string | undefined): Asking {
    const asking = name === undefined ? undefined : this.#askings.get(name);
    if (asking !== undefined) return asking;
    return refusing(() => {
      throw new OptionError(field, show(name), `one of those registered: ${this.names.join(', ') || 'none yet'}`);
    });
  }

  async #find<T>(
    name: string | undefined,
    request: CompletionRequest,
    options: CompleteOptions,
    ask: Ask<T>,
  ): Promise<Found<T>> {
    const first = this.#asking('name', name ?? this.#default);
    const question = checked(first, request, options);
    const { withRetry = first.registration.withRetry ?? true } = options;
    // Names may be registered after those that name them, but not after they are needed.
    const others = withRetry ? this.#fallbacksOf(first) : new Map<string, Asking>();
    const journey = new Journey(first, options);
    for (let at = first; ; ) {
      try {
        // Another provider has other models.
        const asked = await ask(at, at === first ? question : { ...question, model: at.model }, journey.options(at));
        const attempts = [...journey.attempts, ...asked.attempts];
        return { value: asked.value, attempts, provider: at.name, fellBack: journey.steps };
      } catch (error) {
        const coming = isProviderError(error) ? journey.after(at, error) : undefined;
        const next = coming === undefined ? undefined : others.get(coming);
        if (next === undefined) throw journey.end(error);
        at = next;
      }
    }
  }

  /** Who else may be asked. @throws ProviderError for a name that is none */
  #fallbacksOf({ name, registration }: Asking): ReadonlyMap<string, Asking> {
    const { fallbacks = [] } = registration;
    const named = fallbacks.map(({ provider }, place) => {
      return [provider, this.#asking(`${name}.fallbacks[${place}].provider`, provider)] as const;
    });
    return new Map(named);
  }
}

function checked(first: Asking, request: CompletionRequest, options: CompleteOptions): Question {
  return refusing(() => {
    const question = questionOf(request, first.model);
    checkOptions('options', options, rules);
    return question;
  }, first.name);
}
