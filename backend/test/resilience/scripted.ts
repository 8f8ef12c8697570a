import { attemptOnce } from '../../resilience/attemptOnce.ts';
import type { Failure } from '../../resilience/failure.ts';
import { pipeline } from '../../resilience/pipeline.ts';
import {
  type CallOptions,
  type Exchange,
  type Operation,
  type Policy,
  startCall,
  startExchange,
} from '../../resilience/policy.ts';
import type { VirtualRuntime } from '../virtualRuntime.ts';

/** A failure of a test's own. */
export const failureOf = (parts: Partial<Failure> = {}): Failure => ({
  errorClass: 'server',
  reason: 'overloaded',
  retryable: true,
  delivery: 'rejected',
  rule: 'test',
  evidence: '',
  message: '',
  advice: '',
  ...parts,
});

/** An error that says how it is to be read. */
export class Scripted extends Error {
  readonly failure: Failure;

  constructor(parts: Partial<Failure> = {}) {
    super('scripted');
    this.failure = failureOf(parts);
  }
}

/** Reads the errors of a test, of an abort and of a time limit. */
export function classifyScripted(error: unknown): Failure {
  if (error instanceof Scripted) return error.failure;
  const name = error instanceof Error ? error.name : '';
  if (name === 'AbortError') return failureOf({ errorClass: 'request', reason: 'aborted-by-user', retryable: false });
  if (name === 'TimeoutError') return failureOf({ errorClass: 'network', reason: 'timeout', delivery: 'ambiguous' });
  return failureOf({ errorClass: 'request', reason: 'client-bug', retryable: false });
}

/** The exchange of a new call that does this work. */
export function exchangeFor<T>(
  runtime: VirtualRuntime,
  work: Operation<T>,
  { service = 'host/model', ...options }: Partial<CallOptions> & { readonly service?: string } = {},
): Exchange<T> {
  const call = startCall({ operation: 'test', runtime, ...options });
  const limits = { classify: classifyScripted, attemptTimeoutMs: 300_000 };
  return startExchange(call, true, work, limits, { service, scope: '' });
}

/** A way to send through these policies, down to one attempt. */
export const through = (...policies: readonly Policy[]) => pipeline(...policies)(attemptOnce);
