import type { QuotaViolation } from '../../resilience/failure.ts';
import { readHeader } from './safeRead.ts';

/** What the walk over an error finds, before it is summed up. Written by the walk only. */
export interface Collected {
  status: number | undefined;
  rpcStatus: string | undefined;
  /** The canonical name for the `type` of an error. */
  typeStatus: string | undefined;
  closeCode: number | undefined;
  grpcCode: number | undefined;
  retryInfoMs: number | undefined;
  resetDelayMs: number | undefined;
  /** A body has an `error`: whatever the status says, it is no success. */
  hasErrorBody: boolean;
  readonly headers: { retryAfterMs?: string; retryAfter?: string; date?: string };
  readonly reasons: string[];
  readonly codes: string[];
  readonly names: string[];
  readonly quota: QuotaViolation[];
  /** Words of bodies, outermost first. */
  readonly bodyTexts: string[];
  /** Words of exceptions, outermost first, without the JSON in them. */
  readonly exceptionTexts: string[];
  /** Words about single fields, which no message is made of. */
  readonly hintTexts: string[];
  readonly results: object[];
  /** Characters that may still be read. */
  charactersLeft: number;
}

/** How many characters are read of all texts of one error together: a body of the largest size, wrapped three times over. */
const mostCharacters = 1024 * 1024;

/** A collection that nothing was added to yet. */
export function emptyCollection(): Collected {
  return {
    status: undefined,
    rpcStatus: undefined,
    typeStatus: undefined,
    closeCode: undefined,
    grpcCode: undefined,
    retryInfoMs: undefined,
    resetDelayMs: undefined,
    hasErrorBody: false,
    headers: {},
    reasons: [],
    codes: [],
    names: [],
    quota: [],
    bodyTexts: [],
    exceptionTexts: [],
    hintTexts: [],
    results: [],
    charactersLeft: mostCharacters,
  };
}

/** Adds words that are not there yet. */
export function addText(into: Collected, list: 'bodyTexts' | 'exceptionTexts' | 'hintTexts', text: string): void {
  const words = text.trim();
  if (words === '' || into[list].includes(words)) return;
  into[list].push(words);
}

/** `accessNotConfigured` and `SERVICE_DISABLED` are of one kind: capitals, joined by `_`. */
export function addReason(into: Collected, reason: string): void {
  if (!/^[A-Za-z][A-Za-z0-9_]{2,80}$/.test(reason)) return;
  const name = /[a-z][A-Z]/.test(reason) ? reason.replace(/([a-z])([A-Z])/g, '$1_$2') : reason;
  into.reasons.push(name.toUpperCase());
}

/** Keeps the headers that speak of time; the first value of each stands. */
export function addHeaders(into: Collected, headers: object): void {
  const { headers: known } = into;
  const afterMs = readHeader(headers, 'retry-after-ms');
  const after = readHeader(headers, 'retry-after');
  const date = readHeader(headers, 'date');
  if (afterMs !== undefined) known.retryAfterMs ??= afterMs;
  if (after !== undefined) known.retryAfter ??= after;
  if (date !== undefined) known.date ??= date;
}
