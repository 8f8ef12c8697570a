import type { ErrorClass, Failed, Failure } from '../../resilience/failure.ts';
import type { Exchange } from '../../resilience/policy.ts';
import { BadAnswer } from './badAnswer.ts';

/** What stands for a failure that has no status of its own: for SDKs, which tell errors apart by it. */
const statusOfClass: Readonly<Record<ErrorClass, number>> = {
  quota: 429,
  server: 500,
  network: 502,
  auth: 401,
  request: 400,
};

const statusOf = ({ status = 0, reason, errorClass }: Failure): number =>
  status >= 400 ? status : reason === 'overloaded' ? 503 : statusOfClass[errorClass];

/** How a request ended for good. Holds nothing of the request. */
export interface Ended {
  /** How much of an answer it holds, in bytes. */
  readonly bytes: number;
  /** Milliseconds after which it is sensible to ask again; undefined where nobody said. */
  readonly retryAfterMs: number | undefined;
  /** The last response anew. @throws what was thrown instead */
  readonly show: () => Response;
}

/** A refusal as a body that states it. What others were answered is not shown: it may quote their prompts. */
function stated(failure: Failure, retryAtMs: number | undefined, nowMs: number): Response {
  const { advice, refusedBy, reason: code, errorClass: type } = failure;
  const headers = new Headers();
  if (retryAtMs !== undefined && retryAtMs > nowMs)
    headers.set('retry-after', String(Math.ceil((retryAtMs - nowMs) / 1000)));
  const message = `Not sent (${refusedBy}), because others were refused: ${type}/${code}. ${advice}`;
  return Response.json({ error: { message, type, code } }, { status: statusOf(failure), headers });
}

/**
 * How the end of a call looks to the SDK: the last bad response with body and headers intact, or what the platform's fetch threw.
 * @param own what the call's own last attempt ended with; undefined where nothing was sent
 */
export function endOf({ failure, error }: Failed, own: unknown, { retryAtMs, call }: Exchange): Ended {
  const { runtime } = call;
  const { retryAfterMs } = failure;
  const isRefused = failure.refusedBy !== undefined && error !== own;
  const shown = isRefused ? own : error;
  const show = (): Response => {
    if (isRefused && own === undefined) return stated(failure, retryAtMs, runtime.wallClock());
    if (shown instanceof BadAnswer) return shown.toResponse(statusOf(failure));
    throw shown;
  };
  return { bytes: shown instanceof BadAnswer ? shown.size : 0, retryAfterMs, show };
}

/** Statuses after which SDKs ask again. */
const repeated: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Would an SDK ask again after this end? What it would not, its user may have put right by then. */
export const isWorthRemembering = ({ failure }: Failed): boolean =>
  failure.status === undefined || failure.status >= 500 || failure.status < 400 || repeated.has(failure.status);
