import type { Failed } from '../../resilience/failure.ts';
import type { Exchange } from '../../resilience/policy.ts';
import { BadAnswer, statusOf } from './badAnswer.ts';
import type { Ended, PolicyReading } from './fetchParts.ts';

/**
 * How the end of a call looks to the SDK: the last bad response with body and headers intact, or what the platform's fetch threw.
 * @param own what the call's own last attempt ended with; undefined where nothing was sent
 */
export function endOf(
  { failure, error }: Failed,
  own: unknown,
  exchange: Exchange,
  reading: PolicyReading | undefined,
): Ended {
  const isRefused = failure.refusedBy !== undefined && error !== own;
  const shown = isRefused ? own : error;
  const refusal = isRefused && own === undefined ? reading?.refusal(failure, exchange) : undefined;
  return () => {
    if (refusal !== undefined) return refusal();
    if (shown instanceof BadAnswer) return shown.toResponse(statusOf(failure));
    throw shown;
  };
}
