import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { generateText, type LanguageModel, streamText } from 'ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { geminiProvider } from '../../gemini/geminiProviders.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { fetchByHost } from '../../providers/fetch/fetchByHost.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import type { Provider } from '../../resilience/provider.ts';
import { anthropicWire, geminiWire, ollamaWire, openAiWire, type Wire } from './wires.ts';

type Fetch = typeof globalThis.fetch;

/** What a client is made with. */
export interface SdkUse {
  readonly url: string;
  readonly fetch: Fetch;
  /** The SDK's own retries; absent: as it has them by default. */
  readonly maxRetries?: number;
}

/** One SDK as its users use it: a question, and the text of its answer. */
export interface Sdk {
  readonly name: string;
  readonly provider: Provider;
  readonly wire: Wire;
  readonly whole: (use: SdkUse) => Promise<string>;
  readonly streamed: (use: SdkUse) => Promise<string>;
}

const retriesOf = ({ maxRetries }: SdkUse) => (maxRetries === undefined ? {} : { maxRetries });
const question = [{ role: 'user' as const, content: 'ping' }];

const openAiClient = ({ url, fetch, ...use }: SdkUse): OpenAI =>
  new OpenAI({ apiKey: 'test-key', baseURL: `${url}/v1`, fetch, ...retriesOf({ url, fetch, ...use }) });

const anthropicClient = (use: SdkUse): Anthropic =>
  new Anthropic({ apiKey: 'test-key', baseURL: use.url, fetch: use.fetch, ...retriesOf(use) });

async function aiText(model: LanguageModel, use: SdkUse): Promise<string> {
  const { text } = await generateText({ model, prompt: 'ping', ...retriesOf(use) });
  return text;
}

async function aiStream(model: LanguageModel, use: SdkUse): Promise<string> {
  const failures: unknown[] = [];
  const result = streamText({
    model,
    prompt: 'ping',
    ...retriesOf(use),
    onError: ({ error }) => void failures.push(error),
  });
  let text = '';
  for await (const piece of result.textStream) text += piece;
  if (failures.length > 0) throw failures[0];
  return text;
}

const googleModel = ({ url, fetch }: SdkUse): LanguageModel =>
  createGoogleGenerativeAI({ apiKey: 'test-key', baseURL: `${url}/v1beta`, fetch })('gemini-test');
const openAiModel = ({ url, fetch }: SdkUse): LanguageModel =>
  createOpenAI({ apiKey: 'test-key', baseURL: `${url}/v1`, fetch }).chat('gpt-test');

/** It takes no fetch, so the global one is replaced for its host. */
async function withGlobal<T>({ url, fetch }: SdkUse, work: () => Promise<T>): Promise<T> {
  const before = globalThis.fetch;
  globalThis.fetch = fetchByHost({ [new URL(url).host]: fetch }, before);
  try {
    return await work();
  } finally {
    globalThis.fetch = before;
  }
}

const langChainModel = (use: SdkUse): ChatGoogleGenerativeAI =>
  new ChatGoogleGenerativeAI({ model: 'gemini-test', apiKey: 'test-key', baseUrl: use.url, ...retriesOf(use) });

/** The SDKs, each from its registry. */
export const sdks: readonly Sdk[] = [
  {
    name: 'openai',
    provider: openai,
    wire: openAiWire,
    whole: async use => {
      const answer = await openAiClient(use).chat.completions.create({ model: 'gpt-test', messages: question });
      return answer.choices[0]?.message.content ?? '';
    },
    streamed: async use => {
      const body = { model: 'gpt-test', messages: question, stream: true } as const;
      let text = '';
      for await (const chunk of await openAiClient(use).chat.completions.create(body))
        text += chunk.choices[0]?.delta.content ?? '';
      return text;
    },
  },
  {
    name: '@anthropic-ai/sdk',
    provider: anthropic,
    wire: anthropicWire,
    whole: async use => {
      const body = { model: 'claude-test', max_tokens: 10, messages: question };
      const { content } = await anthropicClient(use).messages.create(body);
      return content.map(block => (block.type === 'text' ? block.text : '')).join('');
    },
    streamed: async use => {
      const body = { model: 'claude-test', max_tokens: 10, messages: question, stream: true } as const;
      let text = '';
      for await (const event of await anthropicClient(use).messages.create(body)) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
      }
      return text;
    },
  },
  {
    name: 'ollama',
    provider: ollama,
    wire: ollamaWire,
    whole: async ({ url, fetch }) => {
      const answer = await new Ollama({ host: url, fetch }).chat({ model: 'llama-test', messages: question });
      return answer.message.content;
    },
    streamed: async ({ url, fetch }) => {
      const request = { model: 'llama-test', messages: question, stream: true } as const;
      let text = '';
      for await (const part of await new Ollama({ host: url, fetch }).chat(request)) text += part.message.content;
      return text;
    },
  },
  {
    name: 'ai + @ai-sdk/google',
    provider: geminiProvider,
    wire: geminiWire,
    whole: use => aiText(googleModel(use), use),
    streamed: use => aiStream(googleModel(use), use),
  },
  {
    name: 'ai + @ai-sdk/openai',
    provider: openai,
    wire: openAiWire,
    whole: use => aiText(openAiModel(use), use),
    streamed: use => aiStream(openAiModel(use), use),
  },
  {
    name: '@langchain/google-genai',
    provider: geminiProvider,
    wire: geminiWire,
    whole: use => withGlobal(use, async () => (await langChainModel(use).invoke('ping')).text),
    streamed: use =>
      withGlobal(use, async () => {
        let text = '';
        for await (const piece of await langChainModel(use).stream('ping')) text += piece.text;
        return text;
      }),
  },
];
