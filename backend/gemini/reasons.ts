import type { ErrorClass, Failure } from '../resilience/failure.ts';

/** The closed list of reasons, by the class that each belongs to. A person acts on the reason; the code on the class. */
export const reasonsByClass = {
  quota: [
    'quota-per-minute',
    'quota-per-day',
    'quota-zero-limit',
    'quota-billing',
    'quota-long-wait',
    'quota-short-wait',
    'quota-shared-capacity',
    'model-capacity',
    'quota-batch',
    'quota-storage',
    'quota-unspecified',
  ],
  server: [
    'overloaded',
    'internal',
    'unavailable',
    'bad-gateway',
    'deadline',
    'cancelled-by-server',
    'malformed-response',
    'empty-response',
    'malformed-output',
    'malformed-function-call',
    'invalid-stream',
    'websocket-internal',
  ],
  network: [
    'timeout',
    'connection-refused',
    'connection-reset',
    'connection-failed',
    'dns',
    'tls',
    'tls-transient',
    'fetch-failed',
    'truncated-stream',
    'websocket-abnormal',
  ],
  auth: [
    'key-invalid',
    'key-expired',
    'key-restricted',
    'key-leaked',
    'credentials-missing',
    'credentials-invalid',
    'token-expired',
    'token-refresh-failed',
    'unauthenticated',
    'permission',
    'scope-insufficient',
    'service-disabled',
    'billing-disabled',
    'account-disabled',
    'account-verification',
    'consumer-invalid',
    'consumer-suspended',
  ],
  request: [
    'invalid-argument',
    'model-not-found',
    'not-found',
    'context-too-long',
    'payload-too-large',
    'invalid-media',
    'blocked-content',
    'region-blocked',
    'schema-invalid',
    'schema-too-complex',
    'thought-signature',
    'file-not-active',
    'file-not-found',
    'cache-not-found',
    'cache-too-small',
    'failed-precondition',
    'websocket-policy',
    'client-bug',
    'client-config',
    'aborted-by-user',
  ],
} as const satisfies Record<ErrorClass, readonly string[]>;

/** One word of the closed list. */
export type GeminiReason = (typeof reasonsByClass)[ErrorClass][number];

/** A failure of this API: its reason is one of the closed list. */
export type GeminiFailure = Failure<GeminiReason>;

const reasons: ReadonlySet<string> = new Set(Object.values(reasonsByClass).flat());

/** Is it one of the list? */
export const isGeminiReason = (word: string): word is GeminiReason => reasons.has(word);
