import { errorClasses, type Failure } from '../failure.ts';
import {
  checkIsObject,
  checkNumber,
  checkObject,
  checkOneOf,
  type NumberRange,
  OptionError,
  show,
} from '../optionError.ts';
import type { AsyncRuntime } from '../runtime.ts';
import type { BreakerSettings } from './breakerOptions.ts';
import { type BreakerState, type CircuitMode, startState } from './breakerState.ts';

/**
 * A circuit's state as plain JSON, to be kept over a restart. Times are on the wall clock, in milliseconds since 1970. Probes and
 * permits are left out, because their requests end with the process; so is what the window counted, because it is seconds old.
 */
export interface CircuitSnapshot {
  readonly version: 1;
  readonly mode: CircuitMode;
  /** Failures since the last success, while closed. */
  readonly failures: number;
  /** Probes that succeeded, while half-open. */
  readonly successes: number;
  /** When the outage began; null while closed. */
  readonly openedAtMs: number | null;
  /** When probes are let through; null where that is at once, or not before a reset: see `mode`. */
  readonly probesAtMs: number | null;
  /** How long the circuit stays open before a round of probes. */
  readonly intervalMs: number;
  readonly doubt: 'network' | 'server';
  /** What was last held against the service, where it was read. */
  readonly failure: Failure | null;
}

/** What relates the runtime's clock to the wall's: add it to the former to get the latter. */
const offsetOf = (runtime: AsyncRuntime): number => runtime.wallClock() - runtime.now();

/** The state as JSON. */
export function snapshotOf(state: BreakerState, failure: Failure | undefined, runtime: AsyncRuntime): CircuitSnapshot {
  const offsetMs = offsetOf(runtime);
  const isClosed = state.mode === 'closed';
  const isTimed = state.mode === 'open' && Number.isFinite(state.untilMs);
  return {
    version: 1,
    mode: state.mode,
    failures: isClosed ? state.failures : 0,
    successes: state.mode === 'half-open' ? state.successes : 0,
    openedAtMs: isClosed ? null : Math.round(state.openedAtMs + offsetMs),
    probesAtMs: isTimed ? Math.ceil(state.untilMs + offsetMs) : null,
    intervalMs: isClosed ? 0 : state.intervalMs,
    doubt: isClosed ? 'server' : state.doubt,
    failure: failure ?? null,
  };
}

const keys = ['version', 'mode', 'failures', 'successes', 'openedAtMs', 'probesAtMs', 'intervalMs', 'doubt', 'failure'];
const known: ReadonlySet<string> = new Set(keys);

const count: NumberRange = { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true };
const moment: NumberRange = { min: 0, max: 8_640_000_000_000_000, unit: 'milliseconds since 1970, or null' };

const failureTexts = ['reason', 'rule', 'evidence', 'message', 'advice'] as const;

function checkFailure(field: string, value: unknown): void {
  checkIsObject(field, value);
  const failure = value as Failure;
  checkOneOf(`${field}.errorClass`, failure.errorClass, errorClasses);
  checkOneOf(`${field}.retryable`, failure.retryable, [true, false]);
  checkOneOf(`${field}.delivery`, failure.delivery, ['unsent', 'rejected', 'ambiguous']);
  for (const name of failureTexts) {
    if (typeof failure[name] !== 'string') throw new OptionError(`${field}.${name}`, show(failure[name]), 'a text');
  }
}

/** The value if it is a snapshot. @throws OptionError */
export function checkSnapshot(field: string, value: unknown): CircuitSnapshot {
  const snapshot = checkObject<CircuitSnapshot>(field, value, known);
  checkOneOf(`${field}.version`, snapshot.version, [1]);
  const mode = checkOneOf(`${field}.mode`, snapshot.mode, ['closed', 'open', 'half-open']);
  checkOneOf(`${field}.doubt`, snapshot.doubt, ['network', 'server']);
  for (const name of ['failures', 'successes'] as const) checkNumber(`${field}.${name}`, snapshot[name], count);
  checkNumber(`${field}.intervalMs`, snapshot.intervalMs, { min: 0, max: Number.MAX_SAFE_INTEGER });
  for (const name of ['openedAtMs', 'probesAtMs'] as const) {
    if (snapshot[name] !== null) checkNumber(`${field}.${name}`, snapshot[name], moment);
  }
  if (mode !== 'closed' && snapshot.openedAtMs === null) {
    throw new OptionError(`${field}.openedAtMs`, 'null', `a moment where the mode is ${mode}`);
  }
  if (snapshot.failure !== null) checkFailure(`${field}.failure`, snapshot.failure);
  return snapshot;
}

/** What a checked snapshot is restored with. */
export interface Restoring {
  readonly settings: BreakerSettings;
  readonly runtime: AsyncRuntime;
  /** The newest permit that this process has given: the restored state begins after it. */
  readonly lastPermit: number;
}

/**
 * The state that a snapshot stands for under these settings, which may be others than it was made under: what has been counted
 * stays below their thresholds, and no wait is longer than theirs, whatever the wall clock did meanwhile.
 */
export function stateOf(snapshot: CircuitSnapshot, { settings, runtime, lastPermit }: Restoring): BreakerState {
  const { mode, doubt } = snapshot;
  const next = lastPermit + 1;
  const because = 'imported';
  if (mode === 'closed') {
    const failures = Math.min(snapshot.failures, settings.failureThreshold - 1);
    return { ...startState, because, failures, lastPermit: next };
  }
  const nowMs = runtime.now();
  const offsetMs = offsetOf(runtime);
  const { probeIntervalMs, recoveryTimeoutMs } = settings;
  const intervalMs = Math.min(Math.max(snapshot.intervalMs, probeIntervalMs), recoveryTimeoutMs);
  const openedAtMs = Math.min((snapshot.openedAtMs ?? 0) - offsetMs, nowMs);
  const outage = { because, openedAtMs, intervalMs, doubt, lastPermit: next } as const;
  if (mode === 'half-open') {
    const successes = Math.min(snapshot.successes, settings.successThreshold - 1);
    return { mode, ...outage, firstPermit: next + 1, successes, probes: [] };
  }
  if (snapshot.probesAtMs === null) return { mode, ...outage, untilMs: Number.POSITIVE_INFINITY };
  return { mode, ...outage, untilMs: Math.min(snapshot.probesAtMs - offsetMs, nowMs + recoveryTimeoutMs) };
}
