import type { Content, GenerateContentResponse, Part } from '@google/genai';
import { OptionError, show } from '../../resilience/optionError.ts';
import { type FilePrompt, givenParts, isFilePrompt, type PromptPart } from '../files/givenParts.ts';
import { copied } from './chatHistory.ts';
import { joinParts } from './joinParts.ts';
import { checkPart } from './partShapes.ts';

/** What a user says in a chat: a text, parts, or one file alone. */
export type ChatMessage = string | readonly PromptPart[] | FilePrompt;

/** What ends an answer that is whole, or cut at the limit that the request set. An answer without any came whole. */
const completeReasons: ReadonlySet<string | undefined> = new Set(['STOP', 'MAX_TOKENS', undefined]);

/** The user's turn, checked and copied. Files in it are read when they are sent. @throws OptionError */
export function userTurn(message: ChatMessage): Content {
  if (typeof message === 'string') {
    if (message === '') throw new OptionError('message', 'empty', 'a text, or a list of parts');
    return { role: 'user', parts: [{ text: message }] };
  }
  const given: unknown = isFilePrompt(message) ? [message] : message;
  if (!Array.isArray(given) || given.length === 0)
    throw new OptionError('message', Array.isArray(given) ? 'an empty array' : show(given), 'a text, or parts');
  const parts = givenParts('message', given, (field, part) => copied(field, checkPart(field, part)));
  return { role: 'user', parts };
}

/**
 * The model's turn as it enters the history: its own content, untouched. Undefined where it does not enter: stopped by a filter, or
 * without content.
 */
export function modelTurn({ candidates }: GenerateContentResponse): Content | undefined {
  const [candidate] = candidates ?? [];
  return turnOf(candidate?.content, candidate?.content?.parts ?? [], candidate?.finishReason);
}

function turnOf(content: Content | undefined, parts: readonly Part[], finishReason: string | undefined) {
  if (parts.length === 0 || !completeReasons.has(finishReason)) return undefined;
  return copied('answer', { role: 'model', ...content, parts: [...parts] });
}

/** Puts the pieces of a streamed answer together. */
export class StreamedTurn {
  #content: Content | undefined;
  #finishReason: string | undefined;
  readonly #parts: Part[] = [];

  add({ candidates }: GenerateContentResponse): void {
    const [candidate] = candidates ?? [];
    this.#content ??= candidate?.content;
    this.#finishReason = candidate?.finishReason ?? this.#finishReason;
    for (const part of candidate?.content?.parts ?? []) this.#parts.push(part);
  }

  /** As of a whole answer; a stream that said no reason is none. */
  get turn(): Content | undefined {
    return turnOf(this.#content, joinParts(this.#parts), this.#finishReason ?? 'none');
  }
}
