import { checkFunction, OptionError, show } from '../../resilience/optionError.ts';
import type { Provider } from '../../resilience/provider.ts';
import { anthropic } from '../anthropic.ts';
import { readAt, wholeTextAt } from '../classification/caughtChain.ts';
import { ollama } from '../ollama.ts';
import { openAiCompatible, openai } from '../openai.ts';
import { refusing } from '../refusing.ts';
import type { FunctionBackend, HttpBackend } from './backend.ts';
import { type CompletionMessage, countsOf, type Question, type WirePiece, wholeOf } from './completion.ts';

/** Where a provider is, and who asks. */
export interface BackendOptions {
  /** The model of requests that name none. */
  readonly model: string;
  readonly apiKey?: string | undefined;
  /** With the version, without the method: `https://api.openai.com/v1`. @default the provider's own */
  readonly baseUrl?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The provider whose rules hold, where another speaks the same protocol. */
  readonly provider?: Provider | undefined;
}

function checkText(field: string, value: unknown): void {
  // A key is a secret: not even its begin is shown.
  if (typeof value !== 'string' || value === '')
    throw new OptionError(field, value === '' ? 'empty' : show(typeof value), 'a text');
}

/** Checks where a provider is. @throws ProviderError */
export function checkBackend({ model, apiKey, baseUrl }: BackendOptions): void {
  refusing(() => {
    checkText('model', model);
    if (apiKey !== undefined) checkText('apiKey', apiKey);
    if (baseUrl !== undefined && !URL.canParse(baseUrl)) throw new OptionError('baseUrl', show(baseUrl), 'an address');
  });
}

/** A field of text, where there is one. */
export function wordOf<K extends string>(name: K, value: unknown): { readonly [P in K]?: string } {
  return (typeof value === 'string' ? { [name]: value } : {}) as { readonly [P in K]?: string };
}

const trimmed = (url: string): string => url.replace(/\/$/, '');
/** Reads a whole answer as one piece. */
const wholly = (read: HttpBackend['readPiece']): HttpBackend['read'] => {
  return body => {
    const piece = read(body);
    return piece && wholeOf(piece);
  };
};
const firstOf = (list: unknown): unknown => (Array.isArray(list) ? list[0] : undefined);

/** Chat completions of OpenAI, and of all that speak its protocol: their `baseUrl` makes them `openAiCompatible`. */
export function openAiBackend(options: BackendOptions): HttpBackend {
  checkBackend(options);
  const { model, apiKey, baseUrl, headers } = options;
  const readFrom = (body: unknown, part: 'message' | 'delta'): WirePiece | undefined => {
    const choice = firstOf(readAt(body, 'choices'));
    const usage = readAt(body, 'usage');
    if (choice === undefined && typeof usage !== 'object') return undefined;
    const said = readAt(choice, part);
    const finish = wholeTextAt(said, 'refusal') === '' ? readAt(choice, 'finish_reason') : 'refusal';
    return {
      text: wholeTextAt(said, 'content'),
      ...countsOf(readAt(usage, 'prompt_tokens'), readAt(usage, 'completion_tokens')),
      ...wordOf('model', readAt(body, 'model')),
      ...wordOf('finishReason', finish),
    };
  };
  return {
    kind: 'http',
    provider: options.provider ?? (baseUrl === undefined ? openai : openAiCompatible),
    model,
    request: ({ maxOutputTokens, ...question }, stream) => ({
      url: `${trimmed(baseUrl ?? 'https://api.openai.com/v1')}/chat/completions`,
      headers: { ...(apiKey && { authorization: `Bearer ${apiKey}` }), ...headers },
      body: {
        ...question,
        ...(maxOutputTokens && { [baseUrl === undefined ? 'max_completion_tokens' : 'max_tokens']: maxOutputTokens }),
        ...(stream && { stream, stream_options: { include_usage: true } }),
      },
    }),
    read: wholly(body => readFrom(body, 'message')),
    readPiece: event => readFrom(event, 'delta'),
  };
}

/** It has to be stated there. */
const defaultOutputTokens = 4_096;

const withoutSystem = (messages: readonly CompletionMessage[]): readonly CompletionMessage[] =>
  messages.filter(({ role }) => role !== 'system');

/** What the system says, in one text. */
export const systemOf = ({ messages }: Question): string =>
  messages.flatMap(({ role, content }) => (role === 'system' ? [content] : [])).join('\n\n');

function anthropicPiece(event: unknown): WirePiece | undefined {
  const type = readAt(event, 'type');
  const message = readAt(event, 'message');
  if (type === 'message_start')
    return { text: '', ...wordOf('model', readAt(message, 'model')), ...anthropicUsage(message) };
  if (type === 'content_block_delta') return { text: wholeTextAt(readAt(event, 'delta'), 'text') };
  if (type !== 'message_delta') return undefined;
  return {
    text: '',
    ...anthropicUsage(event),
    ...wordOf('finishReason', readAt(readAt(event, 'delta'), 'stop_reason')),
  };
}

function anthropicUsage(of: unknown) {
  const usage = readAt(of, 'usage');
  return countsOf(readAt(usage, 'input_tokens'), readAt(usage, 'output_tokens'));
}

function anthropicMessage(body: unknown): WirePiece | undefined {
  const content = readAt(body, 'content');
  if (!Array.isArray(content)) return undefined;
  const text = content.map(block => wholeTextAt(block, 'text')).join('');
  const finish = wordOf('finishReason', readAt(body, 'stop_reason'));
  return { text, ...anthropicUsage(body), ...wordOf('model', readAt(body, 'model')), ...finish };
}

/** Anthropic's messages. */
export function anthropicBackend(options: BackendOptions): HttpBackend {
  checkBackend(options);
  const { model, apiKey = '', baseUrl = 'https://api.anthropic.com/v1', headers } = options;
  return {
    kind: 'http',
    provider: options.provider ?? anthropic,
    model,
    request: (question, stream) => ({
      url: `${trimmed(baseUrl)}/messages`,
      headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01', ...headers },
      body: {
        model: question.model,
        messages: withoutSystem(question.messages),
        max_tokens: question.maxOutputTokens ?? defaultOutputTokens,
        ...(systemOf(question) && { system: systemOf(question) }),
        ...(question.temperature !== undefined && { temperature: question.temperature }),
        ...(stream && { stream }),
      },
    }),
    read: wholly(anthropicMessage),
    readPiece: anthropicPiece,
  };
}

function ollamaAnswer(body: unknown): WirePiece | undefined {
  const message = readAt(body, 'message');
  if (message === undefined) return undefined;
  return {
    text: wholeTextAt(message, 'content'),
    ...countsOf(readAt(body, 'prompt_eval_count'), readAt(body, 'eval_count')),
    ...wordOf('model', readAt(body, 'model')),
    ...wordOf('finishReason', readAt(body, 'done_reason')),
  };
}

/** Ollama's chat. */
export function ollamaBackend(options: BackendOptions): HttpBackend {
  checkBackend(options);
  const { model, baseUrl = 'http://127.0.0.1:11434/api', headers = {} } = options;
  return {
    kind: 'http',
    provider: options.provider ?? ollama,
    model,
    request: ({ maxOutputTokens, temperature, ...question }, stream) => ({
      url: `${trimmed(baseUrl)}/chat`,
      headers,
      body: {
        ...question,
        stream,
        options: {
          ...(maxOutputTokens && { num_predict: maxOutputTokens }),
          ...(temperature !== undefined && { temperature }),
        },
      },
    }),
    read: wholly(ollamaAnswer),
    readPiece: ollamaAnswer,
  };
}

/** A provider that a function of your own asks. @throws ProviderError */
export function functionBackend(
  provider: Provider,
  complete: FunctionBackend['complete'],
  model = provider.name,
): FunctionBackend {
  refusing(() => checkFunction('complete', complete));
  return { kind: 'function', provider, model, complete };
}
