import { decoderFor } from '../fetch/streamDecoder.ts';
import { parsedEvent } from '../streamSigns.ts';
import type { HttpBackend } from './backend.ts';
import { type CompletionPiece, type CompletionUsage, wholeOf } from './completion.ts';

/** An error in the midst of a stream, as its service wrote it. */
export class StreamError extends Error {
  /** As classification reads it. */
  readonly facts: object;

  constructor(body: string) {
    super('an error in the stream');
    this.facts = { status: undefined, statusText: '', headers: {}, body };
  }
}

/**
 * The pieces of an answer that has begun. What is counted goes on from piece to piece.
 * @throws StreamError, or what broke the stream
 */
export async function* piecesOf(backend: HttpBackend, response: Response): AsyncGenerator<CompletionPiece> {
  const decoder = decoderFor(response.headers.get('content-type') ?? '');
  if (decoder === undefined || response.body === null) {
    const completion = backend.read(await response.json());
    if (completion !== undefined) yield completion;
    return;
  }
  let counted: Partial<CompletionUsage> = {};
  const read = (data: string): readonly CompletionPiece[] => {
    if (decoder.isError(data) || backend.provider.readEvent(data) === 'error') throw new StreamError(data);
    const piece = backend.readPiece(parsedEvent(data));
    if (piece === undefined) return [];
    counted = { ...counted, ...piece.usage };
    return [wholeOf(piece.usage === undefined ? piece : { ...piece, usage: counted })];
  };
  // One by one: what came before an error in the same bytes has come.
  for await (const bytes of response.body) for (const data of decoder.push(bytes)) yield* read(data);
  for (const data of decoder.end()) yield* read(data);
}
