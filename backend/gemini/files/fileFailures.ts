import type { Delivery } from '../../resilience/failure.ts';
import { failureFrom } from '../classification/failureFrom.ts';
import { GeminiError } from '../geminiError.ts';
import type { GeminiReason } from '../reasons.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';

/** Why a file cannot be used, as a person has to know it. */
export interface FileProblem {
  readonly reason: GeminiReason;
  readonly rule: string;
  readonly evidence: string;
  readonly message: string;
  readonly advice?: string;
  readonly delivery?: Delivery;
}

/** The one error of a file that cannot be used. */
export function fileError({ attempts }: Pick<GeminiCall, 'attempts'>, problem: FileProblem): GeminiError {
  const { advice, delivery = 'rejected', ...told } = problem;
  const failure = failureFrom({ ...told, delivery });
  return new GeminiError({ failure: advice === undefined ? failure : { ...failure, advice }, attempts });
}
