import type { Failure } from '../failure.ts';

/** Does the failure say that a service has too much to do, or is gone? Answers that came but were no good do not. */
export function isOverload({ errorClass, status = 503, refusedBy }: Failure): boolean {
  if (refusedBy !== undefined && refusedBy !== 'breaker') return false;
  return errorClass === 'network' || (errorClass === 'server' && status >= 500);
}
