import type { GeminiReason } from '../reasons.ts';
import { isArray, isObject, read, readItems, readString } from './safeRead.ts';

/** Why a result of generateContent is no success. */
export interface Finding {
  readonly reason: GeminiReason;
  readonly rule: string;
  readonly evidence: string;
  /** The server's words, where it gave any. */
  readonly message: string | undefined;
  /** What to do, where it is more than the reason says. */
  readonly advice?: string;
  /** Whether the model had begun: a blocked prompt was refused, a blocked answer was made and may be billed. */
  readonly wasGenerated: boolean;
}

const blockedFinishes: ReadonlySet<unknown> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

const brokenFinishes: ReadonlyMap<unknown, GeminiReason> = new Map<unknown, GeminiReason>([
  ['MALFORMED_FUNCTION_CALL', 'malformed-function-call'],
  ['UNEXPECTED_TOOL_CALL', 'malformed-function-call'],
  ['TOO_MANY_TOOL_CALLS', 'malformed-function-call'],
  ['MISSING_THOUGHT_SIGNATURE', 'thought-signature'],
  ['MALFORMED_RESPONSE', 'malformed-output'],
]);

/** Of no filter: the API says that the answer's language is none that it supports. */
const otherLanguage = 'The answer was in a language that the model does not support: ask for it in a supported one.';

/** What is wrong with a result, or undefined where nothing is. Reads a handful of properties; never throws. */
export function findingOf(body: object): Finding | undefined {
  const candidates = read(body, 'candidates');
  const first = isArray(candidates) ? readItems(candidates, 1)[0] : undefined;
  if (!isObject(first)) return withoutCandidate(body);
  const finish = read(first, 'finishReason');
  const broken = brokenFinishes.get(finish);
  const hasParts = holdsParts(first);
  const message = (): string | undefined => readString(first, 'finishMessage');
  if (broken !== undefined && (!hasParts || finish !== 'MALFORMED_RESPONSE'))
    return found(broken, `finish-${String(finish)}`, `finishReason ${String(finish)}`, message());
  // A piece of an answer that goes on: the client asks for the rest with the token.
  const goesOn = (finish === undefined || finish === 'CONTINUATION') && read(first, 'continuationToken') !== undefined;
  if (hasParts || goesOn) return undefined;
  if (blockedFinishes.has(finish))
    return {
      ...found('blocked-content', 'finish-blocked', `finishReason ${String(finish)}`, message()),
      ...(finish === 'LANGUAGE' && { advice: otherLanguage }),
    };
  const block = blockReason(body);
  if (block !== undefined) return found('blocked-content', 'prompt-blocked', `blockReason ${block}`, message(), false);
  // MAX_TOKENS without a part: thinking ate the whole allowance. The same request ends there again, so it is the request to change.
  if (finish === 'MAX_TOKENS')
    return {
      ...found('invalid-argument', 'no-room-for-an-answer', 'finishReason MAX_TOKENS without a part', message()),
      advice: 'Thinking used up the allowance: raise maxOutputTokens, or lower the thinking budget.',
    };
  return found(
    'empty-response',
    'candidate-without-parts',
    `finishReason ${typeof finish === 'string' ? finish.slice(0, 60) : 'missing'} without a part`,
    message(),
  );
}

function withoutCandidate(body: object): Finding {
  const block = blockReason(body);
  if (block === undefined) return found('empty-response', 'no-candidates', 'no candidates', undefined);
  const feedback = read(body, 'promptFeedback');
  const message = isObject(feedback) ? readString(feedback, 'blockReasonMessage') : undefined;
  return found('blocked-content', 'prompt-blocked', `blockReason ${block}`, message, false);
}

function blockReason(body: object): string | undefined {
  const feedback = read(body, 'promptFeedback');
  const block = isObject(feedback) ? readString(feedback, 'blockReason') : undefined;
  return block === 'BLOCK_REASON_UNSPECIFIED' || block === 'BLOCKED_REASON_UNSPECIFIED'
    ? undefined
    : block?.slice(0, 60);
}

/** Whether the candidate says anything: a part that is not merely an empty text. */
function holdsParts(candidate: object): boolean {
  const content = read(candidate, 'content');
  const parts = isObject(content) ? read(content, 'parts') : undefined;
  if (!isArray(parts)) return false;
  return readItems(parts, 64).some(part => isObject(part) && !isEmptyText(part));
}

function isEmptyText(part: object): boolean {
  return read(part, 'text') === '' && Object.keys(part).length === 1;
}

function found(
  reason: GeminiReason,
  rule: string,
  evidence: string,
  message: string | undefined,
  wasGenerated = true,
): Finding {
  return { reason, rule, evidence, message, wasGenerated };
}
