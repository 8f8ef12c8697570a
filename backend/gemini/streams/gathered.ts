import type { FunctionCall } from '@google/genai';
import { mostKept } from '../doors/streamAnswer.ts';
import type { LlmChunk, LlmStreamResult } from '../results.ts';

/** What the pieces of a stream add up to. A text that nobody has asked for is kept as long as it is no longer than answers are. */
export class Gathered {
  #text = '';
  #isTooLong = false;
  readonly #functionCalls: FunctionCall[] = [];
  #last: LlmChunk | undefined;
  #usage: LlmChunk['usage'];
  #finishReason: string | undefined;

  /** Has the model said that it is done? */
  get isWhole(): boolean {
    return this.#finishReason !== undefined;
  }

  /** @param isWanted whether somebody has asked for the whole, however long it is */
  add(chunk: LlmChunk, isWanted: boolean): void {
    this.#isTooLong ||= !isWanted && this.#text.length + chunk.text.length > mostKept;
    this.#text = this.#isTooLong ? '' : this.#text + chunk.text;
    this.#functionCalls.push(...chunk.functionCalls);
    this.#usage = chunk.usage ?? this.#usage;
    this.#finishReason = chunk.finishReason ?? this.#finishReason;
    this.#last = chunk;
  }

  /**
   * @param model the model that was asked, for a stream without pieces
   * @throws RangeError where the text was too long to be kept
   */
  result(model: string): LlmStreamResult {
    if (this.#isTooLong) {
      throw new RangeError(`The answer has more than ${mostKept} characters: ask for its result before reading it.`);
    }
    const { attempts = [], fallback, resumed, model: answered = model } = this.#last ?? {};
    return {
      text: this.#text,
      functionCalls: this.#functionCalls,
      usage: this.#usage,
      finishReason: this.#finishReason,
      model: answered,
      attempts,
      ...(fallback && { fallback }),
      ...(resumed && { resumed }),
    };
  }
}
