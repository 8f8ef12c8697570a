/**
 * The earliest that work can end under quotas: the ideal that measurements are compared with. First come, first served: each request
 * is sent as soon as the quotas hold it, and none overtakes. Where all requests are of one size no schedule ends earlier; where
 * they differ in tokens, one that packs them better might.
 */

import { checkFields, checkInteger, checkNumber, refuse } from './check.ts';
import { bringUpToDate, count, exceededBy, unusedMeter } from './quotaMeter.ts';
import { checkQuotaChanges, checkQuotas, type QuotaChange, type Quotas } from './quotas.ts';
import { createQuotasInForce } from './quotasInForce.ts';
import { type Bucket, filled, holdsOneAtMs, withoutOne } from './tokenBucket.ts';

/** A request that wants to be sent. */
export interface ArrivalOfRequest {
  /** When it is there to be sent, in milliseconds since the start. */
  readonly atMs: number;
  /** Its input tokens. @default 0 */
  readonly tokens?: number;
}

/** When the schedule begins, and what happens in its course. */
export interface ScheduleOptions {
  /** The wall clock at the start, in milliseconds since 1970: fixed minutes and days go by it. @default 0, the start of a minute */
  readonly startMs?: number;
  /** From sending a request to the end of its answer, in milliseconds. @default 0 */
  readonly latencyMs?: number;
  /** Quotas that take the place of the first ones, `atMs` after the start. @default [] */
  readonly quotaChanges?: readonly (QuotaChange & { readonly quotas: Quotas })[];
}

/** When everything happens, in milliseconds since the start. */
export interface Schedule {
  /** For each request, in the order of `arrivals`. */
  readonly sentAtMs: readonly number[];
  /** When the last answer has ended; 0 without requests. */
  readonly endMs: number;
}

interface Given extends Required<ScheduleOptions> {
  readonly quotas: Quotas;
}

/** Sends one request after the other; each call is later than the one before. */
function createSender({ quotas, quotaChanges, startMs }: Given): (atMs: number, tokens: number) => number {
  const inForce = createQuotasInForce(quotas, quotaChanges);
  const meter = unusedMeter();
  let bucket: Bucket | undefined;

  /** The same time where the quotas hold the request, otherwise the first at which they may; Infinity where they never do. */
  function attempt(atMs: number, tokens: number): number {
    const now = inForce.at(atMs, '');
    const wallMs = startMs + atMs;
    bringUpToDate(meter, wallMs, now.window);
    const times = exceededBy(now, meter, [wallMs, tokens]).map(({ freeAtMs }) => freeAtMs - startMs);
    if (now.sharedCapacity !== undefined) {
      bucket = filled(bucket, atMs, now.sharedCapacity);
      times.push(holdsOneAtMs(bucket, now.sharedCapacity));
    }
    const nextAtMs = Math.max(atMs, ...times);
    if (nextAtMs > atMs) return nextAtMs;
    count(meter, wallMs, tokens);
    if (bucket !== undefined) bucket = withoutOne(bucket);
    return atMs;
  }

  return (arrivedAtMs, tokens) => {
    for (let atMs = arrivedAtMs; ; ) {
      const nextAtMs = attempt(atMs, tokens);
      if (nextAtMs === atMs) return atMs;
      const changeAtMs = Math.min(...quotaChanges.map(change => change.atMs).filter(changedAtMs => changedAtMs > atMs));
      atMs = Math.min(nextAtMs, changeAtMs);
      if (atMs === Number.POSITIVE_INFINITY) return atMs;
    }
  };
}

function checkGiven(arrivals: readonly ArrivalOfRequest[], given: Given): void {
  for (const [index, { atMs, tokens }] of arrivals.entries()) {
    checkNumber(`arrivals[${index}].atMs`, atMs, [0, Number.MAX_SAFE_INTEGER]);
    checkInteger(`arrivals[${index}].tokens`, tokens, [0, 1_000_000_000_000]);
  }
  checkQuotas('quotas', given.quotas);
  checkQuotaChanges(given.quotaChanges);
  checkNumber('startMs', given.startMs, [0, Number.MAX_SAFE_INTEGER]);
  checkNumber('latencyMs', given.latencyMs, [0, 3_600_000]);
}

/**
 * Sends each request as early as the quotas of one model allow. Refused requests do not happen in it.
 * @throws SimulatorOptionError, also for a request that no quota of the course ever holds
 */
export function earliestSchedule(
  arrivals: readonly ArrivalOfRequest[],
  quotas: Quotas,
  options: ScheduleOptions = {},
): Schedule {
  checkFields('', options, ['startMs', 'latencyMs', 'quotaChanges']);
  const given: Given = { startMs: 0, latencyMs: 0, quotaChanges: [], ...options, quotas };
  checkGiven(arrivals, given);
  const send = createSender(given);
  const order = arrivals.map((arrival, index) => ({ ...arrival, index })).sort((one, other) => one.atMs - other.atMs);
  const sentAtMs: number[] = new Array(arrivals.length).fill(0);
  let lastMs = 0;
  for (const { atMs, tokens = 0, index } of order) {
    lastMs = send(Math.max(atMs, lastMs), tokens);
    if (lastMs === Number.POSITIVE_INFINITY)
      refuse(`arrivals[${index}].tokens`, tokens, 'what some quota of the course holds');
    sentAtMs[index] = lastMs;
  }
  return { sentAtMs, endMs: arrivals.length === 0 ? 0 : lastMs + given.latencyMs };
}
