import { describe, expect, it } from 'vitest';
import { nextPacificMidnight } from '../../gemini/pacificMidnight.ts';

describe('the next midnight in Pacific time', () => {
  const rows: [string, string, string][] = [
    // name, now, midnight, both in UTC
    ['in winter is 08:00 UTC', '2026-11-22T12:00:00Z', '2026-11-23T08:00:00Z'],
    ['in summer is 07:00 UTC', '2026-07-01T06:59:59Z', '2026-07-01T07:00:00Z'],
    ['is a day away at midnight itself', '2026-07-01T07:00:00Z', '2026-07-02T07:00:00Z'],
    ['on the day of 23 hours', '2026-03-08T09:00:00Z', '2026-03-09T07:00:00Z'],
    ['on the day of 25 hours', '2026-11-01T08:30:00Z', '2026-11-02T08:00:00Z'],
    ['at the end of a month', '2026-12-31T23:00:00Z', '2027-01-01T08:00:00Z'],
  ];
  it.each(rows)('%s', (_name, now, midnight) => {
    expect(new Date(nextPacificMidnight(Date.parse(now))).toISOString()).toBe(new Date(midnight).toISOString());
  });
});
