import { emit } from '../../resilience/emit.ts';
import type { Exchange } from '../../resilience/policy.ts';
import type { GeminiFailure } from '../reasons.ts';
import { finishRow, type GenerateBody } from '../remedies.ts';
import { hasRemedy } from '../settings/remedyOptions.ts';
import type { GeminiCall } from './geminiCall.ts';
import { seamErrorIn } from './seamError.ts';

/** The request of an exchange as it is sent from now on, after something was changed of it. */
export interface RemediedRequest {
  readonly body: string;
  /** What was done since it was last sent; undefined once it has been sent so. */
  did: string | undefined;
  /** The finish reason that it answers. */
  readonly because: string;
}

/** What a remedy reads of an exchange and writes to it. */
export interface Remediable {
  readonly call: GeminiCall;
  readonly body: string | undefined;
  remedied: RemediedRequest | undefined;
  /** The finish reasons whose one try has been had. */
  triedOnce: ReadonlySet<string>;
}

/** The finish reason that a result was refused for. */
function finishReasonOf(error: unknown): string | undefined {
  const evidence = seamErrorIn(error)?.failed.failure.evidence;
  return evidence === undefined ? undefined : /^finishReason (\w+)/.exec(evidence)?.[1];
}

function parsed(body: string): GenerateBody | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as GenerateBody) : undefined;
  } catch {
    // Not JSON: no request for content.
    return undefined;
  }
}

/**
 * Changes a request whose result was of no use, for the next time that it is sent. The failure as it counts then: one that would
 * not be retried may be worth one try with the change.
 */
export function remedied(request: Remediable, error: unknown, failure: GeminiFailure): GeminiFailure {
  const name = finishReasonOf(error);
  const row = name === undefined ? undefined : finishRow(name);
  if (name === undefined || row?.remedy === undefined || request.triedOnce.has(name)) return failure;
  if (!hasRemedy(name, request.call.remedies)) return failure;
  const body = parsed(request.remedied?.body ?? request.body ?? '');
  const changed = body && row.remedy(body);
  if (changed === undefined) return failure;
  request.remedied = { body: JSON.stringify(changed.body), did: changed.did, because: name };
  if (!row.once) return failure;
  request.triedOnce = new Set([...request.triedOnce, name]);
  return { ...failure, retryable: true };
}

/** Tells of a change when the changed request is first sent, and keeps it for the history. */
export function tellRemedy({ call, remedied: request }: Remediable, { number, attempt }: Exchange): void {
  if (request?.did === undefined) return;
  const { did, because } = request;
  request.did = undefined;
  call.changes = [...(call.changes ?? []), { exchange: number, attempt, did }];
  if (call.listener) emit(call, { type: 'remedy', exchange: number, attempt, because, did });
}

/** Writes into the history which attempts were sent with a change. */
export function noteRemedies(call: GeminiCall): void {
  const { changes } = call;
  if (changes === undefined) return;
  call.attempts = call.attempts.map(one => {
    const change = changes.find(({ exchange, attempt }) => exchange === one.exchange && attempt === one.attempt);
    return change === undefined || one.remedy !== undefined ? one : { ...one, remedy: change.did };
  });
}
