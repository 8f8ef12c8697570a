import type { Delivery } from '../../resilience/failure.ts';
import type { GeminiReason } from '../reasons.ts';
import type { Facts } from './facts.ts';
import { classOf } from './reasonTable.ts';

/** Failures that happen before a byte of the request is sent. */
const unsentReasons: readonly GeminiReason[] = [
  'connection-refused',
  'connection-failed',
  'dns',
  'tls',
  'credentials-missing',
  'credentials-invalid',
  'token-refresh-failed',
  'client-bug',
  'client-config',
];

/** Statuses behind which the work may have been done: the answer was lost or given up, not refused. */
const ambiguousStatuses: readonly number[] = [408, 409, 425, 499];

const connecting = /connect timeout|before secure tls connection|connect (?:etimedout|econnreset)|tcp connect/i;

/** Whether the work may have been done although we saw a failure. In doubt it may: `ambiguous`. */
export function deliveryOf(reason: GeminiReason, facts: Facts): Delivery {
  const { status, family, codes, text } = facts;
  // gRPC's client words its own failure to connect as a 503.
  if (reason === 'connection-failed') return 'unsent';
  if (facts.closeCode !== undefined) return afterClose(reason);
  if (reason !== 'deadline' && (status === 503 || status === 529 || family === 'quota')) return 'rejected';
  if (status !== undefined && status >= 300 && status < 500)
    return ambiguousStatuses.includes(status) ? 'ambiguous' : 'rejected';
  if (family === 'server' || family === 'success') return 'ambiguous';
  if (unsentReasons.includes(reason)) return 'unsent';
  if (codes.includes('UND_ERR_CONNECT_TIMEOUT')) return 'unsent';
  if (classOf(reason) === 'network') return connecting.test(text) ? 'unsent' : 'ambiguous';
  if (classOf(reason) === 'server')
    return reason === 'overloaded' || reason === 'unavailable' ? 'rejected' : 'ambiguous';
  return reason === 'aborted-by-user' || reason === 'blocked-content' ? 'ambiguous' : 'rejected';
}

/** A close that names a fault of ours, or a quota, is a refusal; any other may have come after the work. */
function afterClose(reason: GeminiReason): Delivery {
  const errorClass = classOf(reason);
  return errorClass === 'server' || errorClass === 'network' ? 'ambiguous' : 'rejected';
}
