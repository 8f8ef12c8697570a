/** What a server says of one of its quotas with an answer. */
export interface QuotaReport {
  readonly unit: 'requests' | 'tokens';
  /** Requests or tokens per window. > 0 */
  readonly limit: number;
  /** How much of it is left now. */
  readonly remaining: number;
  /** The time in which all of it comes back, in milliseconds. */
  readonly windowMs: number;
}

/** Milliseconds until one more request fits, where what was used comes back evenly; 0: now. */
export function freeInMs({ unit, limit, remaining, windowMs }: QuotaReport, tokens: number): number {
  const needed = unit === 'requests' ? 1 : Math.min(limit, Math.max(1, tokens));
  return remaining >= needed ? 0 : (windowMs * (needed - remaining)) / limit;
}
