import type { Failure, QuotaViolation, QuotaWindow } from '../failure.ts';
import type { QuotaUnit } from './windowLimit.ts';

/** What is known of a quota before anything is sent. */
export interface GivenQuota {
  /** An integer from 1 to 10,000,000. */
  readonly requestsPerMinute?: number | undefined;
  /** An integer from 1 to 10,000,000,000. */
  readonly inputTokensPerMinute?: number | undefined;
  /** An integer from 1 to 1,000,000,000. */
  readonly requestsPerDay?: number | undefined;
}

/** How quotas are read and kept. */
export interface QuotaRules {
  readonly given: GivenQuota;
  /** Never go beyond what was given, even where the server might allow more. */
  readonly strict: boolean;
  /** Space requests evenly instead of sending what fits at once. */
  readonly evenly: boolean;
  /** Until when a refusal holds that waiting in a call does not help: milliseconds since 1970. Undefined: it may be waited for. */
  readonly spentUntil: (failure: Failure, wallMs: number) => number | undefined;
  /** When the present day of a daily quota ends, in milliseconds since 1970. */
  readonly dayEnds: (wallMs: number) => number;
}

/** What keeps the next from being sent, and for how long; Infinity: until something else ends. */
export interface Hold {
  readonly waitMs: number;
  readonly because: 'quota' | 'rate' | 'ramp';
}

/** Windows that a call can wait for, in milliseconds. */
export const windowLengthsMs: Partial<Record<QuotaWindow, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };

/** What a violation counts, by its names. */
export const unitOf = ({ metric = '', id = '' }: QuotaViolation): QuotaUnit =>
  /token/i.test(`${metric} ${id}`) ? 'tokens' : 'requests';
