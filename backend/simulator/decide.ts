/** What is to happen to a request: the script first, then outages, then the weather. */

import type { FaultName } from './faults/table.ts';
import { appliesTo } from './faults/table.ts';
import { type Outage, outageAt } from './outages.ts';
import { redirectParameter, type SimulatedRequest } from './request.ts';
import type { Script, Step } from './script.ts';
import { drawFault, type Weather } from './weather.ts';

/** A step for one request, and who wanted it. */
export interface Decision {
  readonly step: Step;
  /**
   * `order`: someone asked for exactly this, so keys and quotas do not stand in its way.
   * `chance`: they come first, as at the real service's front door.
   */
  readonly by: 'order' | 'chance';
}

/** All that can bring a fault. */
export interface Powers {
  readonly script: Script;
  readonly outages: readonly Outage[];
  readonly weather: Weather | undefined;
}

const healthy: Decision = { step: { fault: 'ok' }, by: 'chance' };

function ordered(fault: FaultName): Decision {
  return { step: { fault }, by: 'order' };
}

/** Decides for the `nth` sending of a request that arrived `atMs` after the start. Uses up a step of the script. */
export function decide(
  powers: Powers,
  request: SimulatedRequest,
  { nth, atMs }: { nth: number; atMs: number },
): Decision {
  const redirected = request.query.get(redirectParameter);
  if (redirected !== null) return redirected === 'loop' ? ordered('302-loop') : healthy;
  const step = powers.script.take(request, nth);
  if (step !== undefined) return { step, by: step.fault === 'ok' ? 'chance' : 'order' };
  const outage = outageAt(powers.outages, atMs);
  if (outage !== undefined && appliesTo(outage.fault, request)) return ordered(outage.fault);
  const drawn = powers.weather === undefined ? undefined : drawFault(powers.weather, request, nth);
  return drawn === undefined ? healthy : { step: { fault: drawn }, by: 'chance' };
}
