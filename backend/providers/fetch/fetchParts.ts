import type { Failed, Failure } from '../../resilience/failure.ts';
import { OptionError, show } from '../../resilience/optionError.ts';
import type { Exchange, Target } from '../../resilience/policy.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { AsyncRuntime } from '../../resilience/runtime.ts';
import type { PartContext, StandardPolicies } from '../../resilience/standardPipeline.ts';
import type { FetchCallOptions } from './callHeaders.ts';
import type { Outgoing } from './outgoing.ts';

/** How a request ended for good: the last response anew. Holds nothing of the request. @throws what was thrown instead */
export type Ended = () => Response;

/** Knows what an SDK repeats by itself after it was given up. */
export interface SdkRepetitions {
  /** How this very request ended just now, if this is its SDK's repetition. */
  endOf(request: Outgoing, own: FetchCallOptions): Ended | undefined;
  /** It has succeeded after all. */
  forget(request: Outgoing, own: FetchCallOptions): void;
  /** It was given up for this failure. */
  remember(request: Outgoing, own: FetchCallOptions, ended: Ended, failed: Failed): void;
}

/** What policies that calls share have to know of requests and answers. */
export interface PolicyReading {
  /** Under which names they learn. */
  targetOf(request: Outgoing): Target;
  /** How many tokens a request has, about. */
  tokensIn(request: Outgoing): number;
  /** Notes the quotas that the headers of an answer state. */
  noteHeaders(provider: Provider, headers: Headers, exchange: Exchange): void;
  /** Notes how many tokens there were after all, as the body of an answer says. */
  noteBody(text: string, exchange: Exchange): void;
  /** A refusal as a body that states it. What others were answered is not shown: it may quote their prompts. Holds no request. */
  refusal(failure: Failure, exchange: Exchange): () => Response;
}

/** What the requests of one fetch share. */
export interface FetchPolicies extends StandardPolicies {
  readonly sdkRepetitions?: SdkRepetitions | undefined;
  /** Absent: no policy has to know anything. */
  readonly reading?: PolicyReading | undefined;
}

/** What a part is made with. */
export interface FetchPartContext extends PartContext {
  readonly runtime: AsyncRuntime;
}

/** One thing that a fetch does for its requests, besides sending them again. */
export interface FetchPart {
  /** As its option is called. */
  readonly part: string;
  readonly make: (context: FetchPartContext) => FetchPolicies;
}

/** Checks what a fetch is put together from. @throws OptionError */
export function checkParts(field: string, value: unknown): void {
  if (!Array.isArray(value)) throw new OptionError(field, show(value), 'an array of parts');
  const names = new Set<unknown>();
  for (const [at, one] of value.entries()) {
    if (typeof one?.make !== 'function') throw new OptionError(`${field}[${at}]`, show(one), 'a part, as breaker() is');
    if (names.has(one.part)) throw new OptionError(`${field}[${at}]`, `a second ${one.part}`, 'another part');
    names.add(one.part);
  }
}

/** What the requests of one fetch share, from its parts, with nothing learned yet. */
export function madeOf(parts: readonly FetchPart[], { quotaReading }: Provider, runtime: AsyncRuntime): FetchPolicies {
  const policies: FetchPolicies = {};
  for (const { make } of parts) Object.assign(policies, make({ quotaReading, policies, runtime }));
  return policies;
}
