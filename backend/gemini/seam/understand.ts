import type { GeminiFailure } from '../reasons.ts';
import { cleaner, masked } from './promptMask.ts';
import { classifyCaught, httpFailureIn } from './seamError.ts';

/**
 * Reads what was caught of one request, once, and leaves neither secrets nor the request's own words in what may be shown of it.
 * @param body the request's body, where it is text
 */
export function understand(error: unknown, body: string | undefined, secrets: readonly string[]): GeminiFailure {
  const clean = cleaner(body, secrets);
  const failure = masked(classifyCaught(error), clean);
  httpFailureIn(error)?.show(clean);
  return failure;
}
