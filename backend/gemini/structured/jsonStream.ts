import type { GenerateContentResponse } from '@google/genai';
import { withinMs } from '../doors/methodDoor.ts';
import { type LlmChunk, shape } from '../results.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { cleaner, masked } from '../seam/promptMask.ts';
import { SeamError } from '../seam/seamError.ts';
import type { JsonQuestion } from './jsonQuestion.ts';
import type { JsonChunk } from './jsonResults.ts';
import { PartialJson } from './partialJson.ts';
import { readAnswer } from './readAnswer.ts';
import { SchemaShape } from './schemaShape.ts';

/** What a streamed value is read with. */
export interface JsonStreaming {
  readonly call: GeminiCall;
  readonly question: JsonQuestion;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
  /** All that the model has written so far. */
  readonly written: { text: string };
}

const pieceOf = ({ functionCalls: _calls, ...piece }: LlmChunk, text: string) => ({ ...piece, text });

/** The last piece of an answer, with what other pieces alone may have said. */
function lastPiece(last: LlmChunk, earlier: LlmChunk | undefined): LlmChunk {
  return {
    ...last,
    usage: last.usage ?? earlier?.usage,
    finishReason: last.finishReason ?? earlier?.finishReason,
  };
}

/**
 * The pieces of a stream as a value that grows: each partial has the types of the schema so far; the last is whole and checked.
 * A piece that adds nothing to show is kept back until the next.
 * @throws SeamError where the whole answer is none
 */
export async function* jsonPieces<S>(
  pieces: AsyncIterable<GenerateContentResponse>,
  { call, question, secrets, written }: JsonStreaming,
): AsyncGenerator<JsonChunk<S>, void, undefined> {
  const { schema, parameters } = question;
  const partial = new PartialJson(new SchemaShape(schema.sent));
  let kept = '';
  let last: LlmChunk | undefined;
  for await (const response of pieces) {
    const chunk = shape(response, parameters.model, call);
    last = lastPiece(chunk, last);
    written.text += chunk.text;
    kept += chunk.text;
    if (chunk.text === '') continue;
    partial.write(chunk.text);
    const shown = partial.snapshot();
    if (shown === undefined) continue;
    yield { ...pieceOf(chunk, kept), isComplete: false, partial: shown.value } as JsonChunk<S>;
    kept = '';
  }
  const whole = { text: written.text, finishReason: last?.finishReason };
  // The stream itself may have outlasted the deadline: the caller's own check has as long again.
  const answer = await withinMs(call, call.limits.deadlineMs, () => readAnswer(whole, schema));
  call.signal?.throwIfAborted();
  if (last !== undefined && answer.ok) {
    yield { ...pieceOf(last, kept), isComplete: true, value: answer.value } as JsonChunk<S>;
  } else if (!answer.ok) {
    const failure = masked(answer.failure, cleaner(JSON.stringify(parameters.contents), secrets));
    throw new SeamError({ ok: false, failure, error: answer.cause });
  }
}
