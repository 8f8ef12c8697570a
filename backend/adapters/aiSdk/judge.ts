import type {
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { type NoAnswer, noAnswer } from '../../providers/registry/noAnswer.ts';

/** What ended with nothing to show for it. */
function ofFinish({ unified, raw }: LanguageModelV4FinishReason): NoAnswer {
  const word = raw ?? unified;
  const message = `The model ended with ${word} and no content.`;
  const kind = unified === 'content-filter' ? 'blocked' : 'empty';
  return noAnswer(kind, { rule: 'ai-sdk-result', evidence: `finishReason ${word}`, message });
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
  throw ofFinish(finishReason);
}

/** Parts that come before an answer, or beside it. */
const silent: ReadonlySet<LanguageModelV4StreamPart['type']> = new Set([
  ...(['stream-start', 'response-metadata', 'text-start', 'text-end', 'raw', 'source'] as const),
  ...(['reasoning-start', 'reasoning-delta', 'reasoning-end'] as const),
]);

/** Is this part something of the answer itself? */
export function isContent(part: LanguageModelV4StreamPart): boolean {
  if (part.type === 'text-delta') return part.delta !== '';
  return part.type !== 'finish' && part.type !== 'error' && !silent.has(part.type);
}

/** What an end without content is; undefined where it says itself why. */
export const emptyEnd = (part: LanguageModelV4StreamPart): NoAnswer | undefined =>
  part.type !== 'finish' || stated.has(part.finishReason.unified) ? undefined : ofFinish(part.finishReason);
