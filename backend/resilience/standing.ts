import type { Failed } from './failure.ts';
import type { Permit } from './permit.ts';
import type { QuotaReport } from './quotaReport.ts';
import type { AsyncRuntime } from './runtime.ts';

/** What is known of a service's health. */
export interface Health {
  /** Does a share of what it is asked fail whatever is done, and is that not waited out? */
  readonly isWeather: boolean;
  /** Does it serve some of what it is asked, although much fails? */
  serves(runtime: AsyncRuntime): boolean;
}

/** What the policies that calls share know of one exchange. */
export class Standing {
  /** How its last attempt failed. */
  lastFailed: Failed | undefined = undefined;
  /**
   * Set after a failure that shall use up no retry: the gate will hold the exchange back by itself; a service that fails others too
   * is asked again after the usual wait, one that does so for long after a long one.
   */
  requeue: 'gate' | 'overload' | 'outage' | undefined = undefined;
  /** How long to wait at least while its service is out, in milliseconds. */
  outageWaitMs = 0;
  /** What the gate let it through with. */
  permit: Permit | undefined = undefined;
  /** How many its quota had let in when it last refused this exchange. */
  letInBefore = 0;
  /** Input tokens that the server says it used. */
  usedInputTokens: number | undefined = undefined;
  /** What the server says with its answer of the quotas that it counts in. */
  quotaReports: readonly QuotaReport[] | undefined = undefined;
  /** Whether it has one of the places that a service is bounded to. */
  hasPlace = false;
  /** Gives that place back. Called by who decides that there will be no further attempt. */
  leavePlace: (() => void) | undefined = undefined;
  /** How its service is, where somebody watches that. */
  health: Health | undefined = undefined;
  /** What a circuit let it through with. */
  circuitPermit: number | undefined = undefined;
}
