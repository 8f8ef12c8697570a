import { caughtChain, readAt, textAt } from './caughtChain.ts';
import { statedStatus } from './statedStatus.ts';

/** What rules read of a failed request: an answer of the service, or an exception. */
export interface WireFacts {
  /** HTTP; undefined where nothing was answered, and for an error inside a good answer that states none of itself. */
  readonly status: number | undefined;
  /** Whether the service answered: with a bad status, or with an error inside a good one. */
  readonly answered: boolean;
  /**
   * The error's own words for its kind, '' where it has none: `error.type`, `error.code` (also `error_code`, `error.status`). Of an
   * answer that a proxy put into its own as text, those inside.
   */
  readonly type: string;
  readonly code: string;
  /** What it says to a person; '' where it says nothing. */
  readonly message: string;
  /** The parsed body; undefined where it is no JSON. */
  readonly body: unknown;
  /** A header of the answer, '' where it is absent. The name in lower case. */
  readonly header: (name: string) => string;
  /** Codes and names of the exception and its causes, innermost last: `ECONNRESET`, `SQLITE_BUSY`, `TimeoutError`. */
  readonly codes: readonly string[];
  /** The messages of all of them; of an answer, its whole body. */
  readonly words: string;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const statusOf = (value: unknown): number | undefined => {
  const status = Number(wordAt(value, 'status', 'statusCode', 'status_code'));
  return status >= 100 && status < 1000 ? status : undefined;
};

/** The error inside a body: an object, or a text that is all there is to it. Bodies come as arrays, too. */
function errorOf(body: unknown): unknown {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  return readAt(first, 'error') ?? readAt(readAt(first, 'response'), 'error') ?? readAt(first, 'detail') ?? first;
}

/** FastAPI puts a list of what is wrong in the place of a text; OpenRouter what it was told itself beside a phrase. */
function spoken(error: unknown): string {
  if (typeof error === 'string') return error;
  const one: unknown = Array.isArray(error) ? error[0] : error;
  const raw = textAt(readAt(one, 'metadata'), 'raw');
  return raw || textAt(one, 'message') || textAt(one, 'msg') || textAt(one, 'detail') || textAt(one, 'error');
}

/** Codes are texts or numbers. A number may be no more than the HTTP status: a word says more. */
function wordAt(value: unknown, ...names: readonly string[]): string {
  const words = names.map(name => readAt(value, name)).filter(word => ['string', 'number'].includes(typeof word));
  return String(words.find(word => /\D/.test(String(word))) ?? words.find(word => word !== '') ?? '');
}

/** What a body says. */
type Said = Pick<WireFacts, 'type' | 'code' | 'message'>;

/** Kind and message of a body, however deep: `code` may stand inside the error, beside it, or in its details. */
function readBody(body: unknown): Said {
  const error = errorOf(body);
  const message = spoken(error) || spoken(body);
  // Only where it is all of the message: else it may quote the user.
  const inside = /^\s*[[{]/.test(message) ? parsed(message) : undefined;
  const within = inside === undefined ? undefined : readBody(inside);
  return {
    type: within?.type || wordAt(error, 'type') || wordAt(body, 'type'),
    code:
      within?.code ||
      wordAt(readAt(error, 'details'), 'error_code') ||
      wordAt(error, 'code', 'error_code', 'status') ||
      wordAt(body, 'error_code', 'code'),
    message: within?.message || message,
  };
}

function headerReader(headers: unknown): WireFacts['header'] {
  if (headers instanceof Headers) return name => headers.get(name) ?? '';
  return name => {
    const value = readAt(headers, name);
    return typeof value === 'string' ? value : '';
  };
}

const html = /^\s*<(?:!doctype|html|head|body)/i;

/** A page of a gateway says nothing but its title. */
const pageTitle = (text: string): string => /<title>([^<]{1,200})/i.exec(text.slice(0, 4_000))?.[1]?.trim() ?? '';

/** Of an answer, as its facts: `{status, headers, body}` with the body as text. */
function answerFacts(answer: unknown): WireFacts {
  const text = textAt(answer, 'body');
  const body = parsed(text);
  const read = readBody(body);
  const status = statusOf(answer) ?? 0;
  // A good status says nothing of an error in its body.
  const isOwn = status >= 400 || (status > 0 && errorOf(body) === body);
  const plain = body === undefined ? (html.test(text) ? pageTitle(text) : text.trim().slice(0, 500)) : '';
  return {
    status: isOwn ? status : statedStatus(text),
    answered: true,
    ...read,
    message: read.message || plain || textAt(answer, 'statusText'),
    body,
    header: headerReader(readAt(answer, 'headers')),
    codes: [],
    words: text,
  };
}

/** An SDK's error for one inside a stream carries no status, but what the service said. */
function hasBody(caught: unknown): boolean {
  const error = readAt(caught, 'error');
  return Object(error) === error && !(error instanceof Error);
}

/**
 * Of an exception: of this platform, of an SDK, which carries status, headers and body of the answer under its own names, or of a
 * client for HTTP, which carries the answer as `response`.
 */
function exceptionFacts(caught: unknown): WireFacts {
  const chain = caughtChain(caught);
  const carrier = chain
    .flatMap(one => [readAt(one, 'response'), one])
    .find(one => statusOf(one) !== undefined || hasBody(one));
  const rawBody = textAt(carrier, 'responseBody') || textAt(carrier, 'body') || textAt(carrier, 'data');
  const body = rawBody === '' ? (readAt(carrier, 'error') ?? readAt(carrier, 'data')) : parsed(rawBody);
  const read = readBody(body === undefined ? undefined : { error: errorOf(body) });
  const words = chain.map(one => (typeof one === 'string' ? one : textAt(one, 'message'))).filter(Boolean);
  return {
    status: statusOf(carrier),
    answered: carrier !== undefined,
    ...read,
    message: read.message || words.join(': '),
    body,
    header: headerReader(readAt(carrier, 'headers') ?? readAt(carrier, 'responseHeaders')),
    codes: chain.flatMap(one => [wordAt(one, 'name'), wordAt(one, 'code'), wordAt(one, 'errcode')]).filter(Boolean),
    words: words.join('\n'),
  };
}

const isAnswer = (caught: unknown): boolean =>
  !(caught instanceof Error) && typeof readAt(caught, 'body') === 'string' && readAt(caught, 'headers') !== undefined;

/** Gathers the facts of whatever was caught, once. Never throws. */
export const wireFacts = (caught: unknown): WireFacts =>
  isAnswer(caught) ? answerFacts(caught) : exceptionFacts(caught);
