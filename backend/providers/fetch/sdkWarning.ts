import type { Outgoing } from './outgoing.ts';

/** SDKs by what they say of themselves, and the setting that turns their own retries off. */
const sdks: ReadonlyArray<readonly [form: RegExp, name: string, setting: string]> = [
  [/\bAnthropic\/JS/i, 'The Anthropic SDK', 'new Anthropic({ maxRetries: 0 })'],
  [/\bOpenAI\/JS/i, 'The OpenAI SDK', 'new OpenAI({ maxRetries: 0 })'],
  [
    /\bai-sdk\b|\bai\/\d/i,
    'The AI SDK',
    'generateText({ …, maxRetries: 0 }), and the same for streamText and the others',
  ],
  // Google's older SDK repeats nothing by itself: it is LangChain's around it that does.
  [/\blangchain|\bgenai-js\b/i, 'LangChain', 'new ChatGoogleGenerativeAI({ …, maxRetries: 0 })'],
];

/** What to tell about an SDK that repeats requests by itself: once, with the exact setting. */
export function sdkWarning({ headers }: Outgoing): string {
  const agent = `${headers.get('user-agent') ?? ''} ${headers.get('x-goog-api-client') ?? ''}`;
  const [, name = 'The client', setting = 'maxRetries: 0 (or its name for that)'] =
    sdks.find(([form]) => form.test(agent)) ?? [];
  return `${name} repeats failed requests by itself, behind geminicore’s back. Turn that off: ${setting}. Until then, a request that has been given up is answered with the same end again and not sent.`;
}
