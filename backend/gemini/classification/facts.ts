import type { QuotaViolation } from '../../resilience/failure.ts';

/** What an error says, as plain values: the only thing that the rules read. */
export interface Facts {
  /** HTTP status; where a body restates it, the innermost body's. */
  readonly status: number | undefined;
  /** Canonical name: RESOURCE_EXHAUSTED, … */
  readonly rpcStatus: string | undefined;
  /** Which rules on prose may speak: known statuses beat words. */
  readonly family: Family;
  /** ErrorInfo reasons and the older `errors[].reason`, in capitals, words joined by `_`. */
  readonly reasons: readonly string[];
  /** Codes of exceptions along the cause chain, in capitals: ECONNRESET, UND_ERR_SOCKET, … */
  readonly codes: readonly string[];
  /** Names of exceptions along the cause chain: AbortError, TypeError, … */
  readonly names: readonly string[];
  /** WebSocket close code. */
  readonly closeCode: number | undefined;
  readonly quota: readonly QuotaViolation[];
  /** All words that may be matched, at most `longestProse` of them. */
  readonly text: string;
  /** `text` without quoted spans where the status says that the request was at fault, because such errors quote the user's input. */
  readonly prose: string;
  /** The innermost words, for people. */
  readonly message: string;
  /** Bodies of HTTP 200 found inside: what the rules on results read. */
  readonly results: readonly object[];
  /** An answer of status 2xx whose body has an `error`: whatever the status says, it is no success. */
  readonly hasErrorBody: boolean;
  /** What an answer of status 2xx has for a body, where that is no JSON object. */
  readonly brokenBody: 'garbled' | 'empty' | undefined;
  /** The class of the value that was caught, for those that no rule knows. */
  readonly kind: string;
}

/** `request`: 4xx other than the named ones. `none`: no status known. `redirect`: 3xx. `success`: 2xx. */
export type Family = 'quota' | 'auth' | 'request' | 'server' | 'redirect' | 'success' | 'none';

/** How much prose the rules look at. Long errors say what happened at their start. */
export const longestProse = 16 * 1024;

/** The family of a status. The canonical name decides where the number is none of its own. */
export function familyOf(status: number | undefined, rpcStatus: string | undefined): Family {
  if (status === 429 || rpcStatus === 'RESOURCE_EXHAUSTED') return 'quota';
  if (status === undefined || status < 200 || status > 599) return 'none';
  if (status < 300) return 'success';
  if (status < 400) return 'redirect';
  if (status === 401 || status === 403 || status === 407) return 'auth';
  return status < 500 ? 'request' : 'server';
}
