/** The numbers that answer one error class, or one reason. */
export interface Strategy {
  /** Retries after the first attempt. An integer ≥ 0. */
  readonly retries: number;
  /** Wait before the first retry, in milliseconds. */
  readonly baseMs: number;
  /** Longest wait of our own choosing, in milliseconds. A wait that the server states is never shortened to it. */
  readonly maxMs: number;
  /** Factor from one wait to the next, ≥ 1; `linear`: each is longer than the one before by the first. */
  readonly growth: number | 'linear';
  readonly jitter: Jitter;
}

/** How much of a wait is chance. `full`: all of it; `equal`: half; `none`: nothing. */
export type Jitter = 'full' | 'equal' | 'none';
