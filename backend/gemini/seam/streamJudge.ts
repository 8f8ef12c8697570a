import type { SseEvent } from '../../resilience/sse.ts';
import { failureOfResult } from '../classification/resultRules.ts';
import type { GeminiFailure } from '../reasons.ts';
import { errorIn, statusIn } from './wholeAnswer.ts';

/** What an event says of the stream that it came in. */
export type Verdict =
  | { readonly kind: 'event'; readonly data: string }
  /** Nothing that the official client could read, and nothing that is missed. */
  | { readonly kind: 'skip' }
  /** An error in the band, as the body that it would have been. */
  | { readonly kind: 'error'; readonly body: string; readonly status: number | undefined }
  /** No JSON. */
  | { readonly kind: 'garbled'; readonly body: string }
  /** A result that is none: blocked, empty, malformed. */
  | { readonly kind: 'bad-result'; readonly failure: GeminiFailure };

interface Part {
  readonly text?: string;
}

interface Candidate {
  readonly index?: number;
  readonly content?: { readonly parts?: readonly (Part | null)[] };
  readonly finishReason?: string | null;
}

interface Chunk {
  readonly candidates?: readonly Candidate[];
  readonly promptFeedback?: { readonly blockReason?: string | null };
}

/** The input tokens that a body says it used. */
export function inputTokensIn(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null || !('usageMetadata' in body)) return undefined;
  const { usageMetadata: usage } = body;
  if (typeof usage !== 'object' || usage === null || !('promptTokenCount' in usage)) return undefined;
  const { promptTokenCount: tokens } = usage;
  return typeof tokens === 'number' && tokens > 0 ? tokens : undefined;
}

/** What a server may put in a part's place is not known to be a part. */
const hasContent = (part: Part | null): boolean =>
  typeof part === 'object' && part !== null && part.text !== '' && Object.keys(part).length > 0;

/** A reason that says something: servers also send null, or the name of the unset value. */
const isStated = (reason: string | null | undefined): reason is string =>
  typeof reason === 'string' && reason !== '' && !reason.endsWith('_UNSPECIFIED');

/** Results that break an answer off in its middle. */
const brokenOff: ReadonlySet<string> = new Set(['blocked-content', 'malformed-function-call']);

const skip: Verdict = { kind: 'skip' };

/** Reads the events of one stream in order and knows how far it is. */
export class StreamJudge {
  /** Has the consumer been given something to see? Then the stream can no longer be repeated invisibly. */
  content = false;
  /** Did the model say that it is done, or that it will not answer? */
  ended = false;
  /** Input tokens, as the last event that said so has them. */
  inputTokens: number | undefined;
  /** The last text that was no event: a page of a proxy, say. */
  stray = '';
  readonly #unfinished = new Set<number>();
  #finished = false;
  readonly #checksResult: boolean;
  readonly #generates: boolean;

  /**
   * @param generates whether the events are generated content, with parts and a finish reason
   * @param checksResult whether a blocked or empty result is a failure here
   */
  constructor(generates: boolean, checksResult: boolean) {
    this.#generates = generates;
    this.#checksResult = checksResult;
  }

  /** Did every candidate end with a finish reason of its own, so that nothing of the answer is missing? */
  get complete(): boolean {
    return this.#finished && this.#unfinished.size === 0;
  }

  read(event: SseEvent): Verdict {
    const text = event.kind === 'data' ? event.data : event.text;
    // The mark by which other APIs end a stream; the official client would fail on it.
    if (text === '[DONE]' || text.trim() === '') return skip;
    const body = parse(text);
    const error = errorIn(body);
    if (error !== undefined) return { kind: 'error', body: text, status: statusIn(error) };
    if (event.kind === 'stray') {
      this.stray = text;
      return skip;
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return this.complete ? skip : { kind: 'garbled', body: text };
    }
    return this.#generates ? this.#readChunk(body, text) : this.#readOther(text);
  }

  #readOther(data: string): Verdict {
    this.content = true;
    this.ended = true;
    return { kind: 'event', data };
  }

  #readChunk(chunk: Chunk, data: string): Verdict {
    for (const candidate of chunk.candidates ?? []) this.#note(candidate);
    this.inputTokens = inputTokensIn(chunk) ?? this.inputTokens;
    const isBlocked = isStated(chunk.promptFeedback?.blockReason);
    const ends = isBlocked || isStated(chunk.candidates?.[0]?.finishReason);
    if (!ends) return { kind: 'event', data };
    this.ended = true;
    const failure = this.#checksResult ? this.#failureOf(chunk, isBlocked) : undefined;
    return failure === undefined ? { kind: 'event', data } : { kind: 'bad-result', failure };
  }

  #failureOf(chunk: Chunk, isBlocked: boolean): GeminiFailure | undefined {
    if (isBlocked) return failureOfResult({ promptFeedback: chunk.promptFeedback });
    if (!this.content) return failureOfResult(chunk);
    // What was said before does not make an answer whole that the service broke off. Other reasons are the consumer's to read.
    const finishReason = chunk.candidates?.[0]?.finishReason;
    const failure = failureOfResult({ candidates: [{ finishReason }] });
    return failure !== undefined && brokenOff.has(failure.reason) ? failure : undefined;
  }

  #note({ index = 0, content, finishReason }: Candidate): void {
    if (Array.isArray(content?.parts) && content.parts.some(hasContent)) this.content = true;
    if (!isStated(finishReason) || finishReason === 'CONTINUATION') this.#unfinished.add(index);
    else {
      this.#unfinished.delete(index);
      this.#finished = true;
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
