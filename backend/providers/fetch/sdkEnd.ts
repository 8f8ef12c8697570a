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

const statusOf = ({ status, reason, errorClass }: Failure): number =>
  status ?? (reason === 'overloaded' ? 503 : statusOfClass[errorClass]);

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
 * @throws what was caught, where nothing was answered
 */
export function endOf({ failure, error }: Failed, own: unknown, { retryAtMs, call }: Exchange): Response {
  const isRefused = failure.refusedBy !== undefined && error !== own;
  if (isRefused && own === undefined) return stated(failure, retryAtMs, call.runtime.wallClock());
  const shown = isRefused ? own : error;
  if (shown instanceof BadAnswer) return shown.toResponse(statusOf(failure));
  throw shown;
}

/** Statuses after which SDKs ask again. */
const repeated: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Would an SDK ask again after this end? What it would not, its user may have put right by then. */
export const isWorthRemembering = ({ failure }: Failed): boolean =>
  failure.status === undefined || failure.status >= 500 || failure.status < 400 || repeated.has(failure.status);
