import type {
  EmbedContentResponse,
  FunctionCall,
  GenerateContentResponse,
  GenerateContentResponseUsageMetadata,
} from '@google/genai';
import type { Attempt } from '../resilience/attempt.ts';
import type { Resumed } from './geminiError.ts';
import type { FellBack, GeminiCall } from './seam/geminiCall.ts';

/** What is told of a call that was answered. */
export type Answered = Pick<GeminiCall, 'attempts' | 'fellBack' | 'resumed'>;

/** What every result of a call tells of how it was come by. */
export interface CallHistory {
  /** Every attempt of the call, oldest first; the last one succeeded. */
  readonly attempts: readonly Attempt[];
  /** Set where another model, key or location answered than was asked: from where, to where, and why. */
  readonly fallback?: FellBack;
  /** Set where a stream broke and was gone on with. */
  readonly resumed?: Resumed;
}

/** The whole answer of a model. */
export interface LlmResult extends CallHistory {
  /** The model's words, without its thoughts. */
  readonly text: string;
  /** What the model wants called, where tools were offered. */
  readonly functionCalls: readonly FunctionCall[];
  /** Token counts as the API reports them. */
  readonly usage: GenerateContentResponseUsageMetadata | undefined;
  /** Why the model stopped: `STOP`; `MAX_TOKENS` where the answer was cut at the limit that the request set. */
  readonly finishReason: string | undefined;
  /** The model version that answered. */
  readonly model: string;
  /** The API's own response. */
  readonly response: GenerateContentResponse;
}

/** One piece of a streamed answer. One of the last has the finish reason; token counts may follow it. */
export interface LlmChunk {
  /** The words that this piece adds, without thoughts. */
  readonly text: string;
  readonly functionCalls: readonly FunctionCall[];
  readonly usage: GenerateContentResponseUsageMetadata | undefined;
  readonly finishReason: string | undefined;
  readonly model: string;
  /** Attempts of the call so far, oldest first. */
  readonly attempts: readonly Attempt[];
  /** As of a whole answer. */
  readonly fallback?: FellBack;
  /** Set from the piece on before which the stream was broken and gone on with. */
  readonly resumed?: Resumed;
  /** The API's own piece. */
  readonly response: GenerateContentResponse;
}

/** What the pieces of a streamed answer add up to. */
export type LlmStreamResult = Omit<LlmResult, 'response'>;

/** Vectors of texts. */
export interface EmbedResult extends CallHistory {
  /** One vector per content, in the order of the contents. */
  readonly embeddings: readonly (readonly number[])[];
  readonly model: string;
  readonly response: EmbedContentResponse;
}

/** How many tokens a prompt has. */
export interface CountTokensResult extends CallHistory {
  readonly totalTokens: number;
  readonly model: string;
}

/** The first candidate's parts in one pass. The client's own getters warn on the console where a part is no text. */
export function shape(response: GenerateContentResponse, model: string, call: Answered): LlmResult {
  const { attempts, fellBack, resumed } = call;
  let text = '';
  const functionCalls: FunctionCall[] = [];
  const candidate = response.candidates?.[0];
  for (const part of candidate?.content?.parts ?? []) {
    if (part.text !== undefined && !part.thought) text += part.text;
    if (part.functionCall !== undefined) functionCalls.push(part.functionCall);
  }
  return {
    text,
    functionCalls,
    usage: response.usageMetadata,
    finishReason: candidate?.finishReason,
    model: response.modelVersion ?? fellBack?.to ?? model,
    attempts,
    ...(fellBack && { fallback: fellBack }),
    ...(resumed && { resumed }),
    response,
  };
}

/** The vectors of a response, in the order of its contents. */
export function shapeEmbeddings(
  response: EmbedContentResponse,
  model: string,
  attempts: readonly Attempt[],
): EmbedResult {
  const embeddings = (response.embeddings ?? []).map(({ values }) => values ?? []);
  return { embeddings, model, attempts, response };
}

type Usage = GenerateContentResponseUsageMetadata;

const counts = [
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'cachedContentTokenCount',
  'toolUsePromptTokenCount',
  'totalTokenCount',
] as const satisfies readonly (keyof Usage)[];

/** The counts of several requests together; undefined where none reported any. */
export function usageInAll(usages: readonly (Usage | undefined)[]): Usage | undefined {
  const stated = usages.filter(usage => usage !== undefined);
  if (stated.length === 0) return undefined;
  const sums = counts.flatMap(name => {
    const values = stated.flatMap(usage => usage[name] ?? []);
    return values.length === 0 ? [] : [[name, values.reduce((sum, value) => sum + value, 0)] as const];
  });
  return Object.fromEntries(sums) as Usage;
}
