import type { LanguageModelV4StreamPart, LanguageModelV4StreamResult } from '@ai-sdk/provider';
import { emptyEnd, isContent } from './judge.ts';

type Part = LanguageModelV4StreamPart;
type Reader = ReadableStreamDefaultReader<Part>;

/** How a stream is judged. */
export interface Peeking {
  /** Whether reasoning waits for the answer, so that an answer that then stays empty can still be asked for again. */
  readonly holdsReasoning: boolean;
  /** Ends the attempt, and with it the stream. */
  readonly signal: AbortSignal;
  /** What an end without content is shown as, once it is too late to ask again. */
  readonly shown: (error: Error) => unknown;
}

/** What was read already, and then the rest as it comes; what then ends without content says so before its end. */
function replayed(read: readonly Part[], reader: Reader, shown: Peeking['shown']): ReadableStream<Part> {
  const left = [...read];
  let hasContent = read.some(isContent);
  const next = async (): Promise<Part | undefined> => left.shift() ?? (await reader.read()).value;
  return new ReadableStream<Part>(
    {
      pull: async controller => {
        const part = await next();
        if (part === undefined) return controller.close();
        hasContent ||= isContent(part);
        const error = hasContent ? undefined : emptyEnd(part);
        if (error !== undefined) controller.enqueue({ type: 'error', error: shown(error) });
        controller.enqueue(part);
      },
      cancel: reason => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Is it known by this part whether there is an answer? @throws NoAnswer where there is none; the error of an error part */
function begins(part: Part, holdsReasoning: boolean): boolean {
  if (part.type === 'error') throw part.error;
  if (part.type === 'reasoning-delta') return !holdsReasoning && part.delta !== '';
  const error = emptyEnd(part);
  if (error !== undefined) throw error;
  return part.type === 'finish' || isContent(part);
}

/**
 * A stream that is known to begin with an answer, or with reasoning where that does not wait: read up to there, and given back whole.
 * @throws NoAnswer, or what the stream failed with before its first content
 */
export async function peeked(
  result: LanguageModelV4StreamResult,
  { holdsReasoning, signal, shown }: Peeking,
): Promise<LanguageModelV4StreamResult> {
  const reader = result.stream.getReader();
  const read: Part[] = [];
  const cancel = (reason: unknown): void => void reader.cancel(reason).catch(() => undefined);
  // A model that does not heed the signal would keep its stream open, and nobody would read it.
  const onAbort = (): void => cancel(signal.reason);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // Without a finish part it is the SDK's to say what that means.
      if (done) break;
      read.push(value);
      if (begins(value, holdsReasoning)) break;
    }
  } catch (error) {
    cancel(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return { ...result, stream: replayed(read, reader, shown) };
}
