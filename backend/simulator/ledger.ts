/** What really happened, seen from the server: every request, what was answered, and how it ended. */

import type { Work } from './faults/fault.ts';
import type { FaultName } from './faults/table.ts';
import type { LiveFaultName } from './live/liveFaults.ts';
import { isCounted, type Operation } from './route.ts';

/** One request and what became of it. */
export interface LedgerEntry {
  /** From 1, in the order of arrival. */
  readonly number: number;
  /** When it arrived, in milliseconds since the start or the last reset. */
  readonly atMs: number;
  readonly method: string;
  /** Without the query, which may hold a key. */
  readonly path: string;
  readonly operation: Operation;
  /** Empty where the path names none. */
  readonly model: string;
  /** Empty where there is none. */
  readonly prompt: string;
  /** Equal for two requests that ask for the same work. */
  readonly promptHash: string;
  /** The how-manieth sending of the same request, from 1. */
  readonly nth: number;
  readonly stream: boolean;
  /** Names the key or the token without giving it away; empty where none was sent. */
  readonly keyFingerprint: string;
  /** Without credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** `none` in good health; the last four where the simulator itself said no. */
  readonly fault: FaultName | LiveFaultName | 'none' | 'key-refused' | 'quota-spent' | 'shared-capacity' | 'overloaded';
  /** Absent where no HTTP head was sent (yet). */
  readonly status?: number;
  /** Whether the model did the work, and bills it. */
  readonly billed: Work;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Milliseconds that it waited for the work before it, where the service has a capacity. */
  readonly queuedMs: number;
  /** The answer was handed to the network to its last byte, and was not one to be cut. */
  readonly completed: boolean;
  /** The client closed the connection before the answer ended. */
  readonly closedByClient: boolean;
  /** When the answer ended or the connection closed, in milliseconds since the start; absent while it is open. */
  readonly closedAtMs?: number;
}

/** The fields that requests can be counted by. */
export type Countable = 'status' | 'fault' | 'operation' | 'model' | 'prompt' | 'billed' | 'keyFingerprint';

/** Entries, and the questions that tests and benchmarks ask about them. It grows until it is reset. */
export interface Ledger {
  readonly requests: readonly LedgerEntry[];
  /** All requests with exactly this prompt. */
  requestsFor(prompt: string): readonly LedgerEntry[];
  /** How many requests there are for each value; `none` where a request has no status. */
  countBy(field: Countable): Readonly<Record<string, number>>;
  /** How many requests did work, and billed it, that an earlier one had already done. */
  readonly billedTwice: number;
  /** The same, counting as done what may have been done. */
  readonly maybeBilledTwice: number;
  /** Tokens of the requests that were billed. */
  readonly tokens: Readonly<{ input: number; output: number }>;
  /** The most requests that were open at once. */
  readonly mostInFlight: number;
  /** How many answers that did the work went out whole in each second since the start, up to the last one that had any. */
  readonly goodput: readonly number[];
}

/** An entry that is still being written. */
export type OpenEntry = { -readonly [Field in keyof LedgerEntry]: LedgerEntry[Field] };

/** The ledger in the hands of the one who writes it. */
export interface LedgerWriter {
  readonly reading: Ledger;
  /** Adds an entry and gives it its number and its `nth`. */
  open(entry: Omit<LedgerEntry, 'number' | 'nth'>): OpenEntry;
  close(entry: OpenEntry, atMs: number): void;
  clear(): void;
}

const creating = new Set<Operation>(['files.start', 'caches.create', 'batches.create', 'interactions.create']);

function repeats(entries: readonly LedgerEntry[], billed: readonly Work[]): number {
  const done = entries.filter(
    entry => billed.includes(entry.billed) && (isCounted(entry.operation) || creating.has(entry.operation)),
  );
  return done.length - new Set(done.map(entry => entry.promptHash)).size;
}

function countBy(entries: readonly LedgerEntry[], field: Countable): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of entries) {
    const value = String(entry[field] ?? 'none');
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}

function tokensOf(entries: readonly LedgerEntry[]): { input: number; output: number } {
  const billed = entries.filter(entry => entry.billed === 'done' && isCounted(entry.operation));
  const sum = (pick: (entry: LedgerEntry) => number): number => billed.reduce((total, entry) => total + pick(entry), 0);
  return { input: sum(entry => entry.inputTokens), output: sum(entry => entry.outputTokens) };
}

function goodputOf(entries: readonly LedgerEntry[]): number[] {
  const seconds: number[] = [];
  for (const { billed, completed, operation, closedAtMs } of entries) {
    if (billed !== 'done' || !completed || closedAtMs === undefined || !isCounted(operation)) continue;
    const second = Math.floor(closedAtMs / 1000);
    while (seconds.length <= second) seconds.push(0);
    seconds[second] = (seconds[second] ?? 0) + 1;
  }
  return seconds;
}

/** How many requests are open, and the most there ever were. */
interface Occupancy {
  now: number;
  most: number;
}

function readingOf(entries: readonly LedgerEntry[], occupancy: Occupancy): Ledger {
  return {
    requests: entries,
    requestsFor: prompt => entries.filter(entry => entry.prompt === prompt),
    countBy: field => countBy(entries, field),
    get billedTwice() {
      return repeats(entries, ['done']);
    },
    get maybeBilledTwice() {
      return repeats(entries, ['done', 'maybe']);
    },
    get tokens() {
      return tokensOf(entries);
    },
    get mostInFlight() {
      return occupancy.most;
    },
    get goodput() {
      return goodputOf(entries);
    },
  };
}

/** A ledger without entries. */
export function createLedger(): LedgerWriter {
  const entries: OpenEntry[] = [];
  const sendings = new Map<string, number>();
  const occupancy: Occupancy = { now: 0, most: 0 };
  return {
    reading: readingOf(entries, occupancy),
    open(given) {
      const nth = (sendings.get(given.promptHash) ?? 0) + 1;
      sendings.set(given.promptHash, nth);
      const entry: OpenEntry = { ...given, number: entries.length + 1, nth };
      entries.push(entry);
      occupancy.now += 1;
      occupancy.most = Math.max(occupancy.most, occupancy.now);
      return entry;
    },
    close(entry, atMs) {
      if (entry.closedAtMs !== undefined) return;
      entry.closedAtMs = atMs;
      occupancy.now -= 1;
    },
    clear() {
      entries.length = 0;
      sendings.clear();
      occupancy.most = occupancy.now;
    },
  };
}
