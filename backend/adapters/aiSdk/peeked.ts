import type { LanguageModelV4StreamPart, LanguageModelV4StreamResult } from '@ai-sdk/provider';
import { begins } from './judge.ts';

type Parts = ReadableStream<LanguageModelV4StreamPart>;

/** What was read already, and then the rest as it comes. */
function replayed(
  read: readonly LanguageModelV4StreamPart[],
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>,
): Parts {
  const left = [...read];
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      pull: async controller => {
        const first = left.shift();
        if (first !== undefined) return controller.enqueue(first);
        const { done, value } = await reader.read();
        return done ? controller.close() : controller.enqueue(value);
      },
      cancel: reason => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/**
 * A stream that is known to begin with an answer: read up to there, and given back whole.
 * @throws NoAnswer, or what the stream failed with before its first content
 */
export async function peeked(result: LanguageModelV4StreamResult): Promise<LanguageModelV4StreamResult> {
  const reader = result.stream.getReader();
  const read: LanguageModelV4StreamPart[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // Without a finish part it is the SDK's to say what that means.
      if (done) break;
      read.push(value);
      if (begins(value)) break;
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
  return { ...result, stream: replayed(read, reader) };
}
