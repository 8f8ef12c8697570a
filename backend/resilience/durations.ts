/** Durations as Google and its neighbours write them, in milliseconds. */

const msByUnit: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** One number with its unit, as in `1h2m3.5s`, `900.2ms`, `32 seconds`. Longer unit names come first. */
const part =
  /(\d{1,25}(?:\.\d{1,15})?) ?(milliseconds?|millis|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])/gi;

/** A duration at the start of the text: parts in a row, with nothing but spaces, commas or "and" between them. */
export function durationMs(text: string): number | undefined {
  // `1h2m3s` needs its parts set apart, so that "h2m" is not taken for a word.
  const head = text.slice(0, 120).replace(/([a-z])(\d)/gi, '$1 $2');
  let total: number | undefined;
  let end = 0;
  part.lastIndex = 0;
  for (let found = part.exec(head); found !== null; found = part.exec(head)) {
    if (!/^[\s,]*(?:and\s)?[\s~]*$/.test(head.slice(end, found.index))) break;
    total = (total ?? 0) + Number(found[1]) * unitMs(found[2] ?? 's');
    end = part.lastIndex;
  }
  return total === undefined ? undefined : clampMs(total);
}

/** By its first letter, but milliseconds. */
const unitMs = (unit: string): number =>
  /^m(?:s|il)/i.test(unit) ? 1 : (msByUnit[unit.slice(0, 1).toLowerCase()] ?? 1_000);

/** Whole, finite and not negative: int64 max seconds must not become Infinity, nor a clock that ran ahead a negative wait. */
export function clampMs(ms: number): number | undefined {
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(Math.round(ms), 0), Number.MAX_SAFE_INTEGER);
}

/** google.protobuf.Duration: `"34.4s"`, or `{seconds, nanos}` where a library decoded it. */
export function protoDurationMs(value: unknown): number | undefined {
  if (typeof value === 'string') return value.trim().startsWith('-') ? undefined : durationMs(value.trim());
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const seconds = Number(Reflect.get(value, 'seconds') ?? 0);
    const nanos = Number(Reflect.get(value, 'nanos') ?? 0);
    return seconds < 0 ? undefined : clampMs(seconds * 1_000 + nanos / 1e6);
  } catch {
    return undefined;
  }
}
