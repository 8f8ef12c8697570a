import type { Failure } from '../failure.ts';
import type { WindowCounts } from './breakerWindow.ts';

/** closed: everything passes; open: nothing does; half-open: a few requests find out whether it may be closed. */
export type CircuitMode = 'closed' | 'open' | 'half-open';

/** Why a circuit is in its mode. */
export type CircuitCause =
  | 'start'
  | 'failures-in-a-row'
  | 'failure-ratio'
  | 'probe-due'
  | 'probe-failed'
  | 'probes-succeeded'
  | 'forced'
  | 'reset'
  | 'imported';

/**
 * What a result says of the service. `answer`: it said no for reasons of the request's own, so it can be reached, and that is
 * all. `none`: nothing, because nothing was sent, or the caller gave up.
 */
export type CircuitVerdict = 'success' | 'server-failure' | 'network-failure' | 'answer' | 'none';

/** Is it held against the service? */
export const isFailure = (verdict: CircuitVerdict): boolean =>
  verdict === 'server-failure' || verdict === 'network-failure';

/** A request that was let through to find out, and has not ended. */
export interface Probe {
  readonly permit: number;
  /** From then on its place is free, whether it has ended or not. */
  readonly leaseEndsMs: number;
}

/** Where a circuit stands, as a value. Times are on the runtime's monotonic clock, in milliseconds. */
export type BreakerState = ClosedState | OpenState | HalfOpenState;

/** Everything passes, under one permit. */
export interface ClosedState {
  readonly mode: 'closed';
  readonly because: CircuitCause;
  /** The permit of every request that is let through. */
  readonly lastPermit: number;
  /** Failures since the last success. */
  readonly failures: number;
  readonly window: WindowCounts | undefined;
}

/** What is remembered of an outage until the circuit is closed again. */
export interface Outage {
  readonly because: CircuitCause;
  /** When it began; probes that fail do not change it. */
  readonly openedAtMs: number;
  /** How long the circuit stays open before a round of probes. */
  readonly intervalMs: number;
  /** What failed last: being reached, or being served. Any answer settles the first doubt, only a success the second. */
  readonly doubt: 'network' | 'server';
  /** The newest permit that was given. */
  readonly lastPermit: number;
}

/** Nothing passes until `untilMs`. Infinity: until somebody resets it. */
export interface OpenState extends Outage {
  readonly mode: 'open';
  readonly untilMs: number;
}

/** A few requests pass, each under a permit of its own. */
export interface HalfOpenState extends Outage {
  readonly mode: 'half-open';
  /** Permits below it are of requests that began before this round: their results say nothing of it. */
  readonly firstPermit: number;
  readonly successes: number;
  readonly probes: readonly Probe[];
}

/** How a circuit begins. */
export const startState: ClosedState = Object.freeze({
  mode: 'closed',
  because: 'start',
  lastPermit: 0,
  failures: 0,
  window: undefined,
});

/**
 * What a failure says of the service. Only the server and the way to it count, and of the server only what it calls its own
 * failure: an answer that came but was no good is an answer. A spent quota, a bad key or a bad request is turned away at the
 * service's front and says nothing of what works behind it, so it neither opens a circuit nor closes one that the server's own
 * failures opened: else the next bad request would close it in the middle of an outage.
 */
export function verdictOf({ errorClass, refusedBy, status }: Failure): CircuitVerdict {
  if (refusedBy !== undefined) return 'none';
  if (errorClass === 'network') return 'network-failure';
  if (errorClass === 'server' && (status === undefined || status >= 500)) return 'server-failure';
  return status === undefined ? 'none' : 'answer';
}

/** The mode as a request would find it: a circuit whose time has come lets the next one through. */
export function modeAt(state: BreakerState, nowMs: number): CircuitMode {
  return state.mode === 'open' && nowMs >= state.untilMs ? 'half-open' : state.mode;
}

/** When a place becomes free although no probe ends. */
export function leaseEndsAt({ probes }: HalfOpenState): number {
  return probes.reduce((earliest, { leaseEndsMs }) => Math.min(earliest, leaseEndsMs), Number.POSITIVE_INFINITY);
}

/** Before when nobody can be let through. */
export function opensAt(state: BreakerState, nowMs: number): number {
  return state.mode === 'open' ? Math.max(state.untilMs, nowMs) : nowMs;
}

/** When something may happen by itself for those who wait. `sweepAtMs`: when they are looked through. Infinity: nothing will. */
export function changesAt(state: BreakerState, sweepAtMs: number): number {
  if (state.mode === 'open') return state.untilMs;
  return state.mode === 'half-open' ? Math.min(leaseEndsAt(state), sweepAtMs) : Number.POSITIVE_INFINITY;
}

/** When it makes sense to ask again. Infinity: not before somebody resets it. While probes are under way, one interval from now. */
export function comesBackAt(state: BreakerState, nowMs: number, halfOpenProbes: number): number {
  if (state.mode === 'closed') return nowMs;
  if (state.mode === 'open') return Math.max(state.untilMs, nowMs);
  if (state.probes.length < halfOpenProbes) return nowMs;
  return Math.max(nowMs, Math.min(leaseEndsAt(state), nowMs + state.intervalMs));
}

/** Whose result it must be that is reported without a permit: of the requests under way, the one that began first. */
export function presumedPermit(state: BreakerState): number | undefined {
  if (state.mode === 'closed') return state.lastPermit;
  return state.mode === 'half-open' ? state.probes[0]?.permit : undefined;
}
