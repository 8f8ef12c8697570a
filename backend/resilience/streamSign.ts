/**
 * What one event says of its stream. `opening`: nothing of the answer yet, so that the request can still be repeated unseen;
 * `end`: the answer is whole; `error`: it has failed.
 */
export type StreamSign = 'opening' | 'content' | 'end' | 'error';

/** What one event says of one of several answers that come side by side: choices, candidates. */
export interface ChoicePart {
  /** Which of them; undefined: the first. */
  readonly index: unknown;
  /** Is this answer whole? */
  readonly ends: boolean;
  /** Does the event hold nothing of it that somebody could see? */
  readonly isEmpty: boolean;
}

/** The answers of one stream that have begun and not ended. */
export type OpenChoices = Set<unknown>;

/** What an event says of its stream that goes on with some of its answers: it is at its end when none of them is open. */
export function signOfChoices(parts: readonly ChoicePart[], open: OpenChoices = new Set()): StreamSign {
  for (const { index, ends, isEmpty } of parts) {
    if (ends) open.delete(index ?? 0);
    else if (!isEmpty) open.add(index ?? 0);
  }
  if (parts.some(({ ends }) => ends)) return open.size === 0 ? 'end' : 'content';
  return parts.every(({ isEmpty }) => isEmpty) ? 'opening' : 'content';
}
