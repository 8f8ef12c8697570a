import type { BreakerWindow } from './breakerOptions.ts';

/** Requests within one tenth of the window. */
interface Tenth {
  /** Which tenth, counted from the clock's origin. */
  readonly tenth: number;
  readonly calls: number;
  readonly failures: number;
}

/**
 * What a sliding window has counted: the tenth under way by itself, so that counting one more makes one small object, and those
 * before it summed up. Its size does not depend on how many requests there were.
 */
export interface WindowCounts extends Tenth {
  readonly earlier: readonly Tenth[];
  readonly earlierCalls: number;
  readonly earlierFailures: number;
}

const tenths = 10;

const none: WindowCounts = { tenth: 0, calls: 0, failures: 0, earlier: [], earlierCalls: 0, earlierFailures: 0 };

const sum = (all: readonly Tenth[], of: 'calls' | 'failures'): number => all.reduce((total, one) => total + one[of], 0);

/** A new tenth begins: the one that was under way joins the earlier ones, and those that are too old go. */
function begun(tenth: number, { earlier, ...last }: WindowCounts): WindowCounts {
  const kept = [...earlier, { tenth: last.tenth, calls: last.calls, failures: last.failures }].filter(
    one => one.calls > 0 && one.tenth > tenth - tenths,
  );
  const sums = { earlierCalls: sum(kept, 'calls'), earlierFailures: sum(kept, 'failures') };
  return { tenth, calls: 0, failures: 0, earlier: kept, ...sums };
}

/** One more request, or `more` of them. Nothing counted yet: leave `counts` out. */
export function counted(
  counts: WindowCounts = none,
  failed: boolean,
  nowMs: number,
  { durationMs }: BreakerWindow,
  more = 1,
): WindowCounts {
  const tenth = Math.floor((nowMs / durationMs) * tenths);
  const { calls, failures, earlier, earlierCalls, earlierFailures } =
    tenth === counts.tenth ? counts : begun(tenth, counts);
  return {
    tenth,
    calls: calls + more,
    failures: failed ? failures + more : failures,
    earlier,
    earlierCalls,
    earlierFailures,
  };
}

/** Did enough of enough requests fail? */
export function exceeds(counts: WindowCounts, { minimumVolume, failureRatio }: BreakerWindow): boolean {
  const calls = counts.calls + counts.earlierCalls;
  return calls >= minimumVolume && counts.failures + counts.earlierFailures >= failureRatio * calls;
}
