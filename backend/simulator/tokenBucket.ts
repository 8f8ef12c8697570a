/** A bucket that fills at a steady rate and holds so much: what all projects share of one model. */

/** What all projects together may send of one model: above it the service says 429 and nothing else. */
export interface SharedCapacity {
  /** From 0 (only the burst, once) to 1,000,000. */
  readonly requestsPerSecond: number;
  /** How many may come at once after a quiet time. @default what comes back in a second, at least 1 */
  readonly burst?: number;
}

/** How full it was, and when. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Sums of fractions fall short by less. */
const rounding = 1e-6;

function sizeOf({ requestsPerSecond, burst }: SharedCapacity): number {
  return burst ?? Math.max(1, Math.ceil(requestsPerSecond));
}

/** The bucket at this time. One that was never used is full. */
export function filled(bucket: Bucket | undefined, nowMs: number, capacity: SharedCapacity): Bucket {
  const size = sizeOf(capacity);
  if (bucket === undefined) return { tokens: size, atMs: nowMs };
  const gained = (Math.max(0, nowMs - bucket.atMs) / 1000) * capacity.requestsPerSecond;
  return { tokens: Math.min(size, bucket.tokens + gained), atMs: nowMs };
}

/** Whether one more request is held. */
export function holdsOne({ tokens }: Bucket): boolean {
  return tokens >= 1 - rounding;
}

/** The bucket without one request. */
export function withoutOne({ tokens, atMs }: Bucket): Bucket {
  return { tokens: tokens - 1, atMs };
}

/** When the bucket holds one more request, in the time of `atMs`; Infinity where it does not fill. */
export function holdsOneAtMs({ tokens, atMs }: Bucket, { requestsPerSecond }: SharedCapacity): number {
  if (tokens >= 1 - rounding) return atMs;
  return requestsPerSecond === 0 ? Number.POSITIVE_INFINITY : atMs + ((1 - tokens) / requestsPerSecond) * 1000;
}
