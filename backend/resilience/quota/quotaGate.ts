import type { Failed, Outcome } from '../failure.ts';
import { guarded } from '../guard.ts';
import type { NumberRange } from '../optionError.ts';
import { checkOptions, onOrOff } from '../optionRules.ts';
import type { Permit } from '../permit.ts';
import type { Exchange, Policy } from '../policy.ts';
import type { Standing } from '../standing.ts';
import { type Entry, isRefused, type LaneOptions, QuotaLane } from './quotaLane.ts';
import type { GivenQuota, QuotaRules } from './quotaRules.ts';

/** Settings of a quota gate. All may be left out: it learns from what the server says. */
export interface QuotaGateOptions extends GivenQuota {
  /** How many calls of one scope may wait; an integer from 0 to 10,000,000. @default 100_000 */
  readonly maxQueue?: number | undefined;
  /** Never send more than was given, even where the server might allow it. @default false */
  readonly strict?: boolean | undefined;
  /** Space requests evenly over the minute instead of sending what fits at once. @default false */
  readonly evenly?: boolean | undefined;
}

/** What a provider adds to the gate. */
export type QuotaReading = Partial<Pick<QuotaRules, 'spentUntil' | 'dayEnds'>>;

const whole = (min: number, max: number): NumberRange => ({ min, max, integer: true });

/** What each number may be. */
export const quotaRanges = {
  requestsPerMinute: whole(1, 10_000_000),
  inputTokensPerMinute: whole(1, 10_000_000_000),
  requestsPerDay: whole(1, 1_000_000_000),
  maxQueue: whole(0, 10_000_000),
} as const;

/** Checks the settings of a gate. @throws OptionError */
export const checkQuotaGate = (field: string, value: unknown): QuotaGateOptions =>
  checkOptions(field, value, { ...quotaRanges, strict: onOrOff, evenly: onOrOff });

const dayMs = 86_400_000;
const utcMidnight = (wallMs: number): number => (Math.floor(wallMs / dayMs) + 1) * dayMs;

/** So many scopes are remembered; those that nobody waits for are forgotten first. */
const mostLanes = 1_000;

const longWindows: ReadonlySet<string | undefined> = new Set(['day', 'month']);

function rulesOf(options: QuotaGateOptions, { dayEnds = utcMidnight, spentUntil }: QuotaReading): LaneOptions {
  const { maxQueue = 100_000, strict = false, evenly = false, ...given } = options;
  return {
    ...{ given, maxQueue, strict, evenly, dayEnds },
    spentUntil:
      spentUntil ??
      (({ quota = [] }, wallMs) => (quota.some(({ window }) => longWindows.has(window)) ? dayEnds(wallMs) : undefined)),
  };
}

/** What is looked at of an exchange whose attempt has ended. */
interface Settled {
  readonly ending: Exchange['ending'];
  readonly standing: Standing;
}

/** The result of an attempt, told to the scope. */
function settle(lane: QuotaLane, permit: Permit, { ending, standing }: Settled, outcome: Outcome<unknown>): void {
  const { scope, clock } = lane;
  if (outcome.ok) {
    scope.accepted(permit, standing.usedInputTokens);
    const { quotaReports: reports, usedInputTokens: tokens } = standing;
    if (reports !== undefined) scope.reported(reports, tokens ?? permit.tokens, clock.now());
    ending?.then(() => scope.used(permit, standing.usedInputTokens ?? permit.tokens));
  } else if (outcome.failure.errorClass === 'quota' && outcome.failure.refusedBy === undefined) {
    if (scope.refused(permit, outcome, clock.now(), clock.wallClock())) lane.dropHopeless();
    // Others have been let in since it last asked: it is a matter of its turn. Else it is an attempt like any other.
    if (outcome.failure.retryable && scope.letIn > standing.letInBefore) standing.requeue = 'gate';
    standing.letInBefore = scope.letIn;
  } else {
    const { delivery, refusedBy, errorClass } = outcome.failure;
    const wasSent = refusedBy === undefined && delivery !== 'unsent';
    scope.ended(permit, wasSent, (wasSent && errorClass !== 'server') || delivery === 'ambiguous');
  }
  if (lane.waiting > 0) lane.drain();
}

/** Lets it on where it has its permit. */
function letOn(standing: Standing, entry: Entry): Failed | undefined {
  if (isRefused(entry)) return entry;
  standing.permit = entry;
  return undefined;
}

/** A gate, and what others want to know of it. */
export interface QuotaGate extends Policy {
  /** Would one more attempt be let through at once, and take nothing from others? */
  readonly hasSlack: (exchange: Exchange) => boolean;
}

/**
 * Holds attempts back while their scope's quota is known to be spent, and sends as many as fit after. Learns limits, windows and
 * waits from refusals; needs no settings. The state is the policy's own, shared by every pipeline it is part of.
 */
export function quotaGate(options: QuotaGateOptions = {}, reading: QuotaReading = {}): QuotaGate {
  const rules = rulesOf(options, reading);
  const lanes = new Map<string, QuotaLane>();
  // Nearly always the same as last time, which is found faster than looked up.
  let last: { readonly scope: string; readonly lane: QuotaLane } | undefined;
  const laneOf = ({ target, call }: Exchange): QuotaLane => {
    if (last?.scope === target.scope) return last.lane;
    let lane = lanes.get(target.scope);
    if (lane === undefined) {
      if (lanes.size >= mostLanes) for (const [scope, idle] of lanes) if (idle.waiting === 0) lanes.delete(scope);
      lane = new QuotaLane(rules, call.runtime);
      lanes.set(target.scope, lane);
    }
    last = { scope: target.scope, lane };
    return lane;
  };
  const policy = guarded({
    enter: (exchange, standing) => {
      if (exchange.target.scope === '') return undefined;
      const entry = laneOf(exchange).enter(exchange);
      return entry instanceof Promise ? entry.then(at => letOn(standing, at)) : letOn(standing, entry);
    },
    leave: (exchange, standing, outcome) => {
      const { permit } = standing;
      if (permit === undefined) return;
      standing.permit = undefined;
      settle(laneOf(exchange), permit, { ending: exchange.ending, standing }, outcome);
    },
  });
  const hasSlack = (exchange: Exchange): boolean => exchange.target.scope === '' || laneOf(exchange).hasSlack(exchange);
  return Object.assign(policy, { hasSlack });
}
