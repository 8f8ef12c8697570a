import type { Policy } from './policy.ts';
import { pipeline } from './policy.ts';
import { retry } from './retry.ts';
import type { RetryOptions } from './retryRun.ts';

/** The one expression that fixes the order of the policies, outermost first. */
export const standardPipeline = (options: RetryOptions): Policy => pipeline(retry(options));
