import type { Failure } from '../failure.ts';
import type { AsyncRuntime } from '../runtime.ts';
import type { CircuitCause } from './breakerState.ts';
import type { Circuit } from './circuit.ts';

/** What a `CircuitOpenError` is made of. */
export interface CircuitOpenDetails {
  /** When the outage began. Absent where it has just ended. */
  readonly since?: Date | undefined;
  readonly because: CircuitCause;
  /** When a request may be let through at the earliest. Absent: not before somebody resets the circuit. */
  readonly retryAt?: Date | undefined;
  /** What was last held against the service. */
  readonly failure?: Failure | undefined;
  /** The error that it was read from. */
  readonly cause?: unknown;
}

const words: Readonly<Record<CircuitCause, string>> = {
  start: 'it has just begun',
  'failures-in-a-row': 'too many requests in a row failed',
  'failure-ratio': 'too large a share of the requests failed',
  'probe-due': 'the probes that are to find out whether it works again are under way',
  'probe-failed': 'a probe failed',
  'probes-succeeded': 'its probes have just succeeded',
  forced: 'it was opened by hand',
  reset: 'it was reset',
  imported: 'it was so when the process began',
};

function messageOf({ since, because, retryAt, failure }: CircuitOpenDetails): string {
  const from = since === undefined ? '' : ` since ${since.toISOString()}`;
  // The server's own words may quote somebody else's request.
  const last = failure === undefined ? '' : ` (last failure: ${failure.errorClass} / ${failure.reason})`;
  const back = retryAt === undefined ? 'Reset it to go on.' : `Come back at ${retryAt.toISOString()}.`;
  return `The circuit is open${from}, because ${words[because]}${last}. Nothing was sent. ${back}`;
}

/** A request was not sent, because the service is known to be down. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly since: Date | undefined;
  readonly because: CircuitCause;
  /** When a request may be let through at the earliest. Undefined: not before somebody resets the circuit. */
  readonly retryAt: Date | undefined;
  readonly failure: Failure | undefined;

  constructor(details: CircuitOpenDetails) {
    super(messageOf(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.since = details.since;
    this.because = details.because;
    this.retryAt = details.retryAt;
    this.failure = details.failure;
  }
}

/** What a request is told that this circuit does not let through. */
export function openError({ state, retryAtMs, grievance }: Circuit, runtime: AsyncRuntime): CircuitOpenError {
  const offsetMs = runtime.wallClock() - runtime.now();
  return new CircuitOpenError({
    since: state.mode === 'closed' ? undefined : new Date(Math.round(state.openedAtMs + offsetMs)),
    because: state.because,
    retryAt: retryAtMs === undefined ? undefined : new Date(retryAtMs),
    failure: grievance?.failure,
    cause: grievance?.error,
  });
}
