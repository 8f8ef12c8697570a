import type { WireFault } from './wireServer.ts';

/** How an SDK is used with a resilient fetch: for the documents, and to know which repeat by themselves. */
export interface SdkRow {
  readonly name: string;
  /** How it is plugged in. */
  readonly plug: string;
  /** The setting that turns its own retries off; undefined where it has none. */
  readonly ownRetries: string | undefined;
}

/** The SDKs that the tests run, each from its registry. */
export const sdkRows: readonly SdkRow[] = [
  {
    name: 'openai',
    plug: 'new OpenAI({ fetch: createResilientFetch(openai), maxRetries: 0 })',
    ownRetries: 'new OpenAI({ maxRetries: 0 })',
  },
  {
    name: '@anthropic-ai/sdk',
    plug: 'new Anthropic({ fetch: createResilientFetch(anthropic), maxRetries: 0 })',
    ownRetries: 'new Anthropic({ maxRetries: 0 })',
  },
  { name: 'ollama', plug: 'new Ollama({ fetch: createResilientFetch(ollama) })', ownRetries: undefined },
  {
    name: 'ai + @ai-sdk/google',
    plug: 'createGoogleGenerativeAI({ fetch: createResilientFetch(geminiProvider) })',
    ownRetries: 'generateText({ …, maxRetries: 0 })',
  },
  {
    name: 'ai + @ai-sdk/openai',
    plug: 'createOpenAI({ fetch: createResilientFetch(openai) })',
    ownRetries: 'generateText({ …, maxRetries: 0 })',
  },
  {
    name: '@langchain/google-genai',
    plug: "globalThis.fetch = fetchByHost({ 'generativelanguage.googleapis.com': … })",
    ownRetries: 'new ChatGoogleGenerativeAI({ …, maxRetries: 0 })',
  },
];

/** What the first answer is, what the SDK's user sees in the end, and how many requests that took. */
export interface FaultRow {
  readonly fault: WireFault;
  readonly words: string;
  /** `answer`: nothing of the fault. `error`: the SDK's own. */
  readonly sees: 'answer' | 'error';
  readonly requests: number;
}

/** Of whole answers and of streams. */
export const faultRows: readonly FaultRow[] = [
  { fault: 'ok', words: 'an answer', sees: 'answer', requests: 1 },
  { fault: '429', words: '429, with the wait that the provider states', sees: 'answer', requests: 2 },
  { fault: 'overload', words: '503, or 529', sees: 'answer', requests: 2 },
  { fault: 'reset', words: 'a connection that is reset', sees: 'answer', requests: 2 },
  { fault: 'cut', words: 'a body that is cut', sees: 'answer', requests: 2 },
  { fault: '400', words: '400', sees: 'error', requests: 1 },
  { fault: '401', words: '401', sees: 'error', requests: 1 },
];

/** Of streams alone. */
export const streamFaultRows: readonly FaultRow[] = [
  { fault: 'stream-error', words: 'a stream with an error before its first text', sees: 'answer', requests: 2 },
  { fault: 'stream-cut', words: 'a stream that ends early, after text', sees: 'error', requests: 1 },
  { fault: 'stream-stall', words: 'a stream that stalls, after text', sees: 'error', requests: 1 },
];
