import { attemptOnce } from './attemptOnce.ts';
import { pipeline, type Send } from './policy.ts';
import { retry } from './retry.ts';
import type { RetryOptions } from './retryRun.ts';

/** The one expression that fixes the order of the policies, outermost first. */
export const standardPipeline = (options: RetryOptions): Send => pipeline(retry(options))(attemptOnce);
