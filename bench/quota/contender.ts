import type { Scenario } from './scenarios.ts';

/** What a contender is told. Most use only the address; the expert knows the limits, the reference all of it. */
export interface Given {
  readonly baseUrl: string;
  readonly model: string;
  readonly scenario: Scenario;
  /** The wall clock at the start of the work. */
  readonly startMs: number;
}

/** Makes one call, and rejects where it gives up. */
export type Caller = (prompt: string) => Promise<string | undefined>;

/** Sets a client up once, for all calls. */
export type Setup = (given: Given) => Caller;

/** Any key will do: the simulator accepts them all. */
export const apiKey = 'bench-key';
