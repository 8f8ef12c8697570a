/** Midnight in the time of the Pacific coast, when daily quotas begin anew. */

const clock = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

const hourMs = 3_600_000;

function sinceMidnightMs(wallClockMs: number): number {
  const parts = new Map(clock.formatToParts(wallClockMs).map(({ type, value }) => [type, Number(value)]));
  const seconds = ((parts.get('hour') ?? 0) * 60 + (parts.get('minute') ?? 0)) * 60 + (parts.get('second') ?? 0);
  return seconds * 1000 + (wallClockMs % 1000);
}

/** The first Pacific midnight after `wallClockMs`, both in milliseconds since 1970. */
export function nextPacificMidnight(wallClockMs: number): number {
  const guess = wallClockMs + 24 * hourMs - sinceMidnightMs(wallClockMs);
  // Where the clocks change in between, the day has 23 or 25 hours and the guess is an hour off.
  const missed = sinceMidnightMs(guess);
  if (missed === 0) return guess;
  return missed < 12 * hourMs ? guess - missed : guess + 24 * hourMs - missed;
}
