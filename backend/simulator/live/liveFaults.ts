/** How a live session goes wrong after its connection was let in. */

/** What can happen: a close with a code and words, a torn connection, silence, a warning before a close. */
export const liveFaultNames = ['live-close', 'live-reset', 'live-stall', 'live-go-away'] as const;

/** One of `liveFaultNames`. */
export type LiveFaultName = (typeof liveFaultNames)[number];

/**
 * Where it happens. `setup`: in the place of setupComplete; `ready`: right after it; `turn`: when a turn of the user's has come;
 * `answer`: behind the first piece of its answer; `turn-end`: behind turnComplete, before the new handle; `handle`: behind that.
 */
export const livePoints = ['setup', 'ready', 'turn', 'answer', 'turn-end', 'handle'] as const;

/** One of `livePoints`. */
export type LivePoint = (typeof livePoints)[number];

/** What a step may say of a live fault. */
export interface LiveFaultParameters {
  /** @default 'answer' */
  readonly at?: LivePoint;
  /** Which turn of the connection, from 1, where the point lies in a turn. @default 1 */
  readonly turn?: number;
  /** @default 1011 */
  readonly closeCode?: number;
  /** At most 123 bytes. @default the service's usual words for the code, where there are any */
  readonly closeReason?: string;
}

const usualReasons: Readonly<Record<number, string>> = {
  1008: 'Policy check failed.',
  1011: 'Internal error encountered.',
};

/** Code and words of a close. */
export function closeOf({
  closeCode = 1011,
  closeReason,
}: LiveFaultParameters): readonly [code: number, reason: string] {
  return [closeCode, closeReason ?? usualReasons[closeCode] ?? ''];
}

/** Is it a fault of live sessions, and of nothing else? */
export function isLiveFault(name: string): name is LiveFaultName {
  return (liveFaultNames as readonly string[]).includes(name);
}

/** Has the session come to the place where the fault happens? `turn`: how many turns the connection has had. */
export function isAt({ at = 'answer', turn = 1 }: LiveFaultParameters, point: LivePoint, turns: number): boolean {
  return at === point && (point === 'setup' || point === 'ready' || turn === turns);
}
