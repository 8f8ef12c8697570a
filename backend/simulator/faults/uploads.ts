/** What happens to the bytes of a file on their way to the service. */

import type { SimulatedRequest } from '../request.ts';
import type { Fault } from './fault.ts';

/** The first half of the bytes, and with them no end of the upload. */
function half(request: SimulatedRequest): SimulatedRequest {
  const bytes = request.bytes.subarray(0, Math.ceil(request.bytes.length / 2));
  return { ...request, bytes, headers: { ...request.headers, 'x-goog-upload-command': 'upload' } };
}

/** Connections that break while a file is uploaded. */
export const uploadFaults = {
  /** The connection is reset when half of the bytes have arrived; the service keeps those. */
  'upload-cut': {
    work: 'done',
    on: 'upload',
    arrives: half,
    instead: () => ({ waitMs: 0, framing: 'length', pieces: [], end: 'reset' }),
  },
} as const satisfies Readonly<Record<string, Fault>>;
