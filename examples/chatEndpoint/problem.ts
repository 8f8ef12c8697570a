// In an application of your own: from 'geminicore'.
import { type GeminiError, isGeminiError } from '../../backend/index.ts';
import { BadRequest } from './question.ts';

/** What a client is told of a failure: nothing of the key, the prompt or the answer. */
export interface Problem {
  readonly status: number;
  readonly errorClass: string;
  readonly reason: string;
  /** One sentence for a person. */
  readonly advice: string;
  /** When it makes sense to ask again; absent where that is not known, or never. */
  readonly retryAt?: string;
}

/** Our own key or settings are no business of the client's. */
const ours: ReadonlySet<string> = new Set(['auth', 'client-config', 'client-bug']);

function statusOf({ failure }: GeminiError): number {
  const { errorClass, reason } = failure;
  if (errorClass === 'quota') return 429;
  if (errorClass === 'server' || errorClass === 'network') return 503;
  return reason === 'blocked-content' ? 422 : 400;
}

/** The failure of a question, for its client. */
export function problemOf(error: unknown): Problem {
  if (error instanceof BadRequest) {
    return { status: error.status, errorClass: 'request', reason: 'bad-request', advice: error.message };
  }
  if (!isGeminiError(error) || ours.has(error.failure.errorClass) || ours.has(error.failure.reason)) {
    return {
      status: 500,
      errorClass: 'server',
      reason: 'internal',
      advice: 'The service is not set up as it should be.',
    };
  }
  const { errorClass, reason, advice } = error.failure;
  const { retryAt } = error;
  return { status: statusOf(error), errorClass, reason, advice, ...(retryAt && { retryAt: retryAt.toISOString() }) };
}

/** Seconds until it makes sense to ask again, as the header has them. */
export function retryAfter({ retryAt }: Problem, nowMs: number): Record<string, string> {
  if (retryAt === undefined) return {};
  return { 'retry-after': String(Math.max(1, Math.ceil((Date.parse(retryAt) - nowMs) / 1_000))) };
}
