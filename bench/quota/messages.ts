/** What the processes of a run say to each other. */

import type { Moment } from './compressedTime.ts';

/** How one call ended, in compressed milliseconds since the start. */
export interface CallResult {
  readonly atMs: number;
  readonly endMs: number;
  readonly answered: boolean;
  /** The first words of the error. */
  readonly error?: string;
}

/** What the service saw. */
export interface Served {
  readonly requests: number;
  readonly answered: number;
  readonly rejected429: number;
  readonly rejected503: number;
  /** Input tokens of the requests that were answered. */
  readonly tokens: number;
  /** When the last answer ended, in compressed milliseconds since the start. */
  readonly lastAnswerMs: number;
  readonly mostInFlight: number;
}

/** From a contender's process: loaded, and what became of its calls. */
export type FromContender =
  | { readonly type: 'ready' }
  | { readonly type: 'results'; readonly results: readonly CallResult[] };

/** To a contender's process. `stop` asks for the results so far. */
export type ToContender = { readonly type: 'go'; readonly moment: Moment } | { readonly type: 'stop' };

/** To the service's process. `start` lets its time begin at this wall clock. */
export type ToService = { readonly type: 'start'; readonly fastMs: number } | { readonly type: 'close' };

/** From the service's process. */
export type FromService =
  | { readonly type: 'open'; readonly url: string }
  | { readonly type: 'started'; readonly moment: Moment }
  | { readonly type: 'closed'; readonly served: Served };
