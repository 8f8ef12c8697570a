/** What the simulated service knows and remembers between requests. */

import type { Runtime } from '../../resilience/wholeRuntime.ts';
import type { Chunk } from '../answer.ts';

/** What becomes of a file once its bytes have arrived. */
export interface FileProcessing {
  /** How often it is asked for before it is ready, from 0 to 1,000. @default 0 */
  readonly polls?: number;
  /** Why it cannot be processed. @default it can */
  readonly failure?: string;
}

/** How the simulated service answers. */
export interface ServiceOptions {
  readonly answer: (prompt: string, earlier: readonly string[]) => string;
  readonly callFunctions: 'asked' | 'always' | 'never';
  readonly chunkCharacters: number;
  /** Empty: every model exists. */
  readonly models: readonly string[];
  readonly fileProcessing: FileProcessing;
}

/** An upload between its start and its last byte. */
export interface Upload {
  readonly file: Chunk;
  readonly mimeType: string;
  readonly chunks: Buffer[];
  receivedBytes: number;
  status: 'active' | 'final' | 'cancelled';
}

/** The memory of one simulated service. */
export interface ServiceState {
  readonly options: ServiceOptions;
  readonly runtime: Runtime;
  /** Everything created and not deleted, by name: `files/…`, `cachedContents/…`, `batches/…`, `interactions/…`. */
  readonly stored: Map<string, Chunk>;
  readonly uploads: Map<string, Upload>;
  readonly fileBytes: Map<string, Buffer>;
  /** How often each file that is not ready will still be asked for. */
  readonly processing: Map<string, number>;
  /** What was said in a live session until the handle was given out. */
  readonly live: Map<string, readonly unknown[]>;
  /** Grows with every id given out, so that ids are the same in every run. */
  nextId: number;
}

/** A service that has stored nothing yet. */
export function createServiceState(options: ServiceOptions, runtime: Runtime): ServiceState {
  const memory = {
    stored: new Map(),
    uploads: new Map(),
    fileBytes: new Map(),
    processing: new Map(),
    live: new Map(),
  };
  return { options, runtime, ...memory, nextId: 1 };
}

/** A fresh id such as `sim0007`. */
export function freshId(state: ServiceState): string {
  return `sim${String(state.nextId++).padStart(4, '0')}`;
}

/** The current time as the service writes it. */
export function timestamp(state: ServiceState): string {
  return new Date(state.runtime.wallClock()).toISOString();
}
