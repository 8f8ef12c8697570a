import type { LlmOptions } from '../callSettings.ts';
import type { LlmChunk, LlmResult } from '../results.ts';
import type { DeepPartial, InputOf, OutputOf } from './standardSchema.ts';

/** Settings of one question that is answered with a value. */
export interface JsonOptions extends LlmOptions {
  /** How often the model is asked again with what is wrong with its answer: an integer from 0 to 10. @default 2 */
  readonly maxRepairs?: number | undefined;
}

/** A value of the schema, and how it was come by. Attempts are those of all asks. */
export interface JsonResult<S> extends LlmResult {
  /** As the schema makes it: with its defaults and transformations. */
  readonly value: OutputOf<S>;
  /** How often the model was asked: 1 where its first answer fitted. */
  readonly asks: number;
  /** Token counts of all asks together, as the API reports them. */
  readonly usage: LlmResult['usage'];
  /** Those of the last ask alone. */
  readonly lastUsage: LlmResult['usage'];
}

/** What is told of a value that comes piece by piece. `text`: the words since the piece before. */
type JsonPiece = Omit<LlmChunk, 'functionCalls'>;

/** A value as far as it has come, or at last the whole of it. */
export type JsonChunk<S> =
  | (JsonPiece & {
      readonly isComplete: false;
      /** So far of the types that the schema wants; its own rules are checked when all has come. Never changed afterwards. */
      readonly partial: DeepPartial<InputOf<S>>;
    })
  | (JsonPiece & { readonly isComplete: true; readonly value: OutputOf<S> });
