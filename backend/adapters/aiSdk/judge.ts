import type {
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { Failure } from '../../resilience/failure.ts';

/** A result that is no answer, although the provider's answer was in order. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function noAnswer({ unified, raw }: LanguageModelV4FinishReason): NoAnswer {
  const isBlocked = unified === 'content-filter';
  return new NoAnswer({
    errorClass: isBlocked ? 'request' : 'server',
    reason: isBlocked ? 'blocked-content' : 'empty-response',
    retryable: !isBlocked,
    delivery: 'ambiguous',
    rule: 'ai-sdk-result',
    evidence: `finishReason ${raw ?? unified}`,
    message: `The model ended with ${raw ?? unified} and no content.`,
    advice: isBlocked ? 'Change the prompt, or name a fallback.' : 'Ask again, or name a fallback.',
  });
}

/** Reasons that say themselves why there is nothing, and are the caller's to read. */
const stated: ReadonlySet<string> = new Set(['length', 'tool-calls']);

type Content = LanguageModelV4GenerateResult['content'][number];

const hasSubstance = (content: Content): boolean =>
  content.type === 'text' ? content.text !== '' : content.type !== 'reasoning' && content.type !== 'source';

/** A whole result that is an answer. @throws NoAnswer */
export function checked(result: LanguageModelV4GenerateResult): LanguageModelV4GenerateResult {
  const { content, finishReason } = result;
  if (stated.has(finishReason.unified) || content.some(hasSubstance)) return result;
  throw noAnswer(finishReason);
}

/** Parts that come before an answer, or beside it. */
const silent: ReadonlySet<LanguageModelV4StreamPart['type']> = new Set([
  ...(['stream-start', 'response-metadata', 'text-start', 'text-end', 'raw', 'source'] as const),
  ...(['reasoning-start', 'reasoning-delta', 'reasoning-end'] as const),
]);

/** Does this part begin an answer? @throws NoAnswer where it ends one that never began; the error of an error part */
export function begins(part: LanguageModelV4StreamPart): boolean {
  if (part.type === 'error') throw part.error;
  if (part.type === 'text-delta') return part.delta !== '';
  if (part.type !== 'finish') return !silent.has(part.type);
  if (stated.has(part.finishReason.unified)) return true;
  throw noAnswer(part.finishReason);
}
