import { type OpenChoices, type StreamSign, signOfChoices } from '../resilience/streamSign.ts';
import { readAt } from './classification/caughtChain.ts';

/** The mark by which OpenAI and those compatible with it end a stream. */
const doneMark = '[DONE]';

/** The parsed data of an event; undefined where it is no JSON. */
export function parsedEvent(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** Is the event an error, as nearly every service writes it? */
export function isErrorEvent(event: unknown): boolean {
  const first: unknown = Array.isArray(event) ? event[0] : event;
  const error = readAt(first, 'error');
  const isStated = typeof error === 'string' ? error !== '' : typeof error === 'object' && error !== null;
  return isStated || readAt(first, 'type') === 'error';
}

/** For services that say nothing special: `[DONE]` ends a stream, an `error` breaks it, all else is content. */
export function defaultEvent(data: string): StreamSign {
  if (data === doneMark) return 'end';
  return data.includes('error') && isErrorEvent(parsedEvent(data)) ? 'error' : 'content';
}

const openings: ReadonlySet<unknown> = new Set(
  ['created', 'queued', 'in_progress', 'output_item.added', 'content_part.added'].map(name => `response.${name}`),
);
/** Of a response, and of speech, transcripts and images, which are done when a part of a response would be. */
const ending = /^response\.(?:completed|incomplete)$|^(?!response\.)[\w.]+\.(?:done|completed)$/;

/** Has this choice nothing in it that somebody could see? */
function isEmptyChoice(choice: unknown): boolean {
  const delta = readAt(choice, 'delta');
  if (typeof delta !== 'object' || delta === null) return readAt(choice, 'text') === undefined;
  return Object.entries(delta).every(([name, value]) => name === 'role' || value === '' || value === null);
}

/** A chunk of chat completions. */
function chunkSign(choices: readonly unknown[], open: OpenChoices | undefined): StreamSign {
  const parts = choices.map(choice => ({
    index: readAt(choice, 'index'),
    ends: typeof readAt(choice, 'finish_reason') === 'string',
    isEmpty: isEmptyChoice(choice),
  }));
  return signOfChoices(parts, open);
}

/** OpenAI's two kinds of streams: chunks of chat completions, and the events of responses. */
export function openAiEvent(data: string, open?: OpenChoices): StreamSign {
  if (data === doneMark) {
    open?.clear();
    return 'end';
  }
  const event = parsedEvent(data);
  const type = readAt(event, 'type');
  if (isErrorEvent(event) || type === 'response.failed') return 'error';
  if (openings.has(type)) return 'opening';
  if (typeof type === 'string' && ending.test(type)) return 'end';
  const choices = readAt(event, 'choices');
  return Array.isArray(choices) ? chunkSign(choices, open) : 'content';
}
