import type { Setup } from './contender.ts';

/** Who is compared: how it is called in the table, and its client, loaded only in its own process. */
export interface Entrant {
  readonly name: string;
  readonly title: string;
  load(): Promise<{ readonly setup: Setup }>;
}

/** All contenders, in the order of the table. */
export const contenders: readonly Entrant[] = [
  {
    name: 'geminicore',
    title: '**geminicore**, nothing configured',
    load: () => import('./contenders/geminicore.ts'),
  },
  {
    name: 'official',
    title: '@google/genai, `retryOptions: { attempts: 5 }`',
    load: () => import('./contenders/official.ts'),
  },
  { name: 'ai-sdk', title: 'AI SDK, `maxRetries: 5`', load: () => import('./contenders/aiSdk.ts') },
  { name: 'langchain', title: 'LangChain, as it comes (6 retries)', load: () => import('./contenders/langChain.ts') },
  {
    name: 'p-retry',
    title: '@google/genai + p-retry, 10 retries, 1–60 s, randomized',
    load: () => import('./contenders/retried.ts'),
  },
  {
    name: 'cockatiel',
    title: '@google/genai + cockatiel: 10 retries, breaker, bulkhead of 10',
    load: () => import('./contenders/cockatiel.ts'),
  },
  {
    name: 'hand-made',
    title: '@google/genai + bottleneck at the true limit + RetryInfo read by hand, 10 retries',
    load: () => import('./contenders/handMade.ts'),
  },
  {
    name: 'reference',
    title: '_reference: fetch by someone who knows everything_',
    load: () => import('./contenders/reference.ts'),
  },
];
