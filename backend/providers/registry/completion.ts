import { checkNumber, checkObject, checkOneOf, OptionError, show } from '../../resilience/optionError.ts';

/** One turn of a conversation. */
export interface CompletionMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What every provider can be asked: a prompt, or a conversation. */
export interface CompletionRequest {
  /** A question alone. Either this or `messages`. */
  readonly prompt?: string | undefined;
  readonly messages?: readonly CompletionMessage[] | undefined;
  /** @default the model of the registration */
  readonly model?: string | undefined;
  /** An integer from 1 to 10,000,000. @default the provider's own; 4,096 where it must be stated */
  readonly maxOutputTokens?: number | undefined;
  /** From 0 to 2. @default the provider's own */
  readonly temperature?: number | undefined;
}

/** Tokens, as the provider counts them. */
export interface CompletionUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** An answer, in the one shape. */
export interface Completion {
  readonly text: string;
  readonly usage?: CompletionUsage | undefined;
  /** The model that answered, where the provider says so. */
  readonly model?: string | undefined;
  /** Why it ended, in the provider's own word. */
  readonly finishReason?: string | undefined;
}

/** A piece of an answer. The last ones may have no text, but usage and finish reason. */
export type CompletionPiece = Completion;

/** A piece as a service sends it, which may state one count in its first event and the other in its last. */
export interface WirePiece extends Omit<CompletionPiece, 'usage'> {
  readonly usage?: Partial<CompletionUsage> | undefined;
}

/** The counts that are there. */
export function countsOf(input: unknown, output: unknown): Pick<WirePiece, 'usage'> {
  const usage = {
    ...(typeof input === 'number' && { inputTokens: input }),
    ...(typeof output === 'number' && { outputTokens: output }),
  };
  return Object.keys(usage).length === 0 ? {} : { usage };
}

/** What was read as one whole: a count that is not stated is of nothing. */
export function wholeOf({ usage, ...piece }: WirePiece): Completion {
  return usage === undefined ? piece : { ...piece, usage: { inputTokens: 0, outputTokens: 0, ...usage } };
}

/** A request, checked, with everything resolved. */
export interface Question extends Omit<CompletionRequest, 'prompt'> {
  readonly messages: readonly CompletionMessage[];
  readonly model: string;
}

const keys: ReadonlySet<string> = new Set(['prompt', 'messages', 'model', 'maxOutputTokens', 'temperature']);
const roles = ['system', 'user', 'assistant'] as const;

function checkText(field: string, value: unknown): asserts value is string {
  // What was given is a prompt, and not shown.
  if (typeof value !== 'string' || value === '')
    throw new OptionError(field, value === '' ? 'empty' : show(typeof value), 'a text');
}

function checkedMessages(messages: unknown): readonly CompletionMessage[] {
  if (!Array.isArray(messages) || messages.length === 0)
    throw new OptionError('request.messages', show(messages), 'an array of at least one message');
  for (const [at, message] of messages.entries()) {
    const { role, content } = checkObject<CompletionMessage>(
      `request.messages[${at}]`,
      message,
      new Set(['role', 'content']),
    );
    checkOneOf(`request.messages[${at}].role`, role, roles);
    checkText(`request.messages[${at}].content`, content);
  }
  return messages;
}

/** Checks a request. @param model the model of the registration @throws OptionError */
export function questionOf(request: CompletionRequest, model: string): Question {
  const { prompt, messages, maxOutputTokens, temperature } = checkObject<CompletionRequest>('request', request, keys);
  if ((prompt === undefined) === (messages === undefined))
    throw new OptionError(
      'request',
      prompt === undefined ? 'without a question' : 'with two',
      'one with either prompt or messages',
    );
  if (prompt !== undefined) checkText('request.prompt', prompt);
  if (request.model !== undefined) checkText('request.model', request.model);
  if (maxOutputTokens !== undefined)
    checkNumber('request.maxOutputTokens', maxOutputTokens, { min: 1, max: 10_000_000, integer: true });
  if (temperature !== undefined) checkNumber('request.temperature', temperature, { min: 0, max: 2 });
  return {
    messages: prompt === undefined ? checkedMessages(messages) : [{ role: 'user', content: prompt }],
    model: request.model ?? model,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
  };
}
