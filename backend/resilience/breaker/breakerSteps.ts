import type { BreakerSettings } from './breakerOptions.ts';
import {
  type BreakerState,
  type CircuitCause,
  type CircuitVerdict,
  type ClosedState,
  type HalfOpenState,
  isFailure,
  type OpenState,
  type Outage,
  startState,
} from './breakerState.ts';
import { counted, exceeds, type WindowCounts } from './breakerWindow.ts';

/** The state after a request asked, and its permit if it may be sent. */
export interface Admission {
  readonly state: BreakerState;
  readonly permit: number | undefined;
}

function halfOpen({ openedAtMs, intervalMs, doubt, lastPermit }: OpenState): HalfOpenState {
  const outage = { because: 'probe-due', openedAtMs, intervalMs, doubt, lastPermit } as const;
  return { mode: 'half-open', ...outage, firstPermit: lastPermit + 1, successes: 0, probes: [] };
}

/** A request asks to be sent. */
export function admit(state: BreakerState, nowMs: number, settings: BreakerSettings): Admission {
  if (state.mode === 'closed') return { state, permit: state.lastPermit };
  if (state.mode === 'open') {
    return nowMs < state.untilMs ? { state, permit: undefined } : admit(halfOpen(state), nowMs, settings);
  }
  const probes = state.probes.filter(({ leaseEndsMs }) => leaseEndsMs > nowMs);
  if (probes.length >= settings.halfOpenProbes) return { state, permit: undefined };
  const permit = state.lastPermit + 1;
  const probe = { permit, leaseEndsMs: nowMs + settings.probeLeaseMs };
  return { permit, state: { ...state, lastPermit: permit, probes: [...probes, probe] } };
}

/** A result, and the permit that its request was sent under. */
export interface Result {
  readonly permit: number;
  readonly verdict: CircuitVerdict;
}

/** A request has ended. What began before the present mode did says nothing of it, and changes nothing. */
export function settle(
  state: BreakerState,
  { permit, verdict }: Result,
  nowMs: number,
  settings: BreakerSettings,
): BreakerState {
  if (state.mode === 'open') return state;
  if (state.mode === 'half-open') {
    const isOfThisRound = permit >= state.firstPermit && permit <= state.lastPermit;
    return isOfThisRound ? afterProbe(state, { permit, verdict }, nowMs, settings) : state;
  }
  if (permit !== state.lastPermit || verdict === 'answer' || verdict === 'none') return state;
  return afterRequest(state, verdict, nowMs, settings);
}

const doubtBy = (verdict: CircuitVerdict): Outage['doubt'] => (verdict === 'network-failure' ? 'network' : 'server');

function opened(because: CircuitCause, outage: Omit<Outage, 'because'>, nowMs: number): OpenState {
  return { mode: 'open', because, ...outage, untilMs: nowMs + outage.intervalMs };
}

function tripCause(
  failures: number,
  window: WindowCounts | undefined,
  { failureThreshold, window: rule }: BreakerSettings,
): CircuitCause | undefined {
  if (failures >= failureThreshold) return 'failures-in-a-row';
  return window && rule && exceeds(window, rule) ? 'failure-ratio' : undefined;
}

/** Only a failure opens the circuit: a success is the newest sign that the service works, whatever share of requests failed. */
function afterRequest(
  state: ClosedState,
  verdict: CircuitVerdict,
  nowMs: number,
  settings: BreakerSettings,
): BreakerState {
  const { because, lastPermit } = state;
  const failed = isFailure(verdict);
  const window = settings.window && counted(state.window, failed, nowMs, settings.window);
  const failures = failed ? state.failures + 1 : 0;
  const cause = failed ? tripCause(failures, window, settings) : undefined;
  if (cause === undefined) return { mode: 'closed', because, lastPermit, failures, window };
  const intervalMs = settings.probeIntervalMs;
  return opened(cause, { openedAtMs: nowMs, intervalMs, doubt: doubtBy(verdict), lastPermit }, nowMs);
}

/** So many requests were served while nothing was wrong. */
export function served(state: BreakerState, count: number, nowMs: number, { window }: BreakerSettings): BreakerState {
  if (state.mode !== 'closed' || count === 0 || window === undefined) return state;
  return { ...state, window: counted(state.window, false, nowMs, window, count) };
}

function afterProbe(
  state: HalfOpenState,
  { permit, verdict }: Result,
  nowMs: number,
  settings: BreakerSettings,
): BreakerState {
  const { openedAtMs, lastPermit, successes, doubt } = state;
  if (isFailure(verdict)) {
    const intervalMs = Math.min(state.intervalMs * 2, settings.recoveryTimeoutMs);
    return opened('probe-failed', { openedAtMs, intervalMs, doubt: doubtBy(verdict), lastPermit }, nowMs);
  }
  const probes = state.probes.filter(probe => probe.permit !== permit);
  const isGood = verdict === 'success' || (verdict === 'answer' && doubt === 'network');
  if (!isGood) return { ...state, probes };
  if (successes + 1 < settings.successThreshold) return { ...state, probes, successes: successes + 1 };
  return { ...startState, because: 'probes-succeeded', lastPermit: lastPermit + 1 };
}

/** Somebody opens the circuit by hand, for so long; Infinity: until it is reset. An outage that lasts keeps its beginning. */
export function forceOpen(
  state: BreakerState,
  durationMs: number,
  nowMs: number,
  settings: BreakerSettings,
): BreakerState {
  const { lastPermit } = state;
  const { openedAtMs } = state.mode === 'closed' ? { openedAtMs: nowMs } : state;
  const outage = { openedAtMs, intervalMs: settings.probeIntervalMs, doubt: 'server', lastPermit } as const;
  return { ...opened('forced', outage, nowMs), untilMs: nowMs + durationMs };
}

/** Somebody closes the circuit by hand. What is under way says nothing of what follows. */
export function reset({ lastPermit }: BreakerState): BreakerState {
  return { ...startState, because: 'reset', lastPermit: lastPermit + 1 };
}
