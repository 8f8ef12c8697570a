const hourMs = 3_600_000;

const pacific = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hour: 'numeric',
  hourCycle: 'h23',
  day: 'numeric',
});

/** Day of the month and hour in California at this time. */
function clockAt(ms: number): { readonly day: string | undefined; readonly hour: string | undefined } {
  const parts = pacific.formatToParts(ms);
  const part = (type: string): string | undefined => parts.find(one => one.type === type)?.value;
  return { day: part('day'), hour: part('hour') };
}

/**
 * The next midnight in Pacific time, when daily quotas come back, in milliseconds since 1970. Found by looking at the hours ahead,
 * so that days of 23 and 25 hours are right.
 */
export function nextPacificMidnight(nowMs: number): number {
  const { day } = clockAt(nowMs);
  let atMs = Math.floor(nowMs / hourMs) * hourMs + hourMs;
  // Offsets from UTC are whole hours there, and no day has more than 25 of them.
  while (clockAt(atMs).day === day) atMs += hourMs;
  return atMs;
}
