import {
  breaker,
  composeFetch,
  concurrency,
  createResilientFetch,
  createRuntime,
  type FetchPart,
  hedging,
  type Provider,
  quota,
  type ResilientFetch,
  type ResilientFetchOptions,
  retryBudget,
  sdkRetries,
} from '../../fetch.ts';

const unlessFalse = <T>(own: T | false | undefined, part: (own?: T) => FetchPart): readonly FetchPart[] =>
  own === false ? [] : [part(own)];

/** What `createResilientFetch` makes of its options, put together part by part, in another order than it has inside. */
function composed(provider: Provider, options: ResilientFetchOptions): ResilientFetch {
  const { quota: limits, concurrency: places, retryBudget: budget, breaker: circuit, ...more } = options;
  const { sdkRetries: mode, onWarning, runtime, ...rest } = more;
  const parts = [
    sdkRetries({ mode, onWarning }),
    hedging(),
    ...unlessFalse(circuit, breaker),
    ...unlessFalse(budget, retryBudget),
    ...unlessFalse(places, concurrency),
    ...unlessFalse(limits, quota),
  ];
  return composeFetch(provider, { ...rest, parts, runtime: createRuntime(runtime) });
}

/** The two ways to a fetch with the whole pipeline. */
export const doors = [
  ['a whole fetch', createResilientFetch],
  ['a fetch of all parts', composed],
] as const;
