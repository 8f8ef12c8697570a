import type { Outgoing } from './outgoing.ts';

/**
 * An SDK that repeats by itself: what it says of itself, its name, what turns its own retries off, and the shortest and the longest wait
 * before its first repetition, in milliseconds; they double with each.
 */
export type KnownSdk = readonly [form: RegExp, name: string, setting: string, leastMs: number, mostMs: number];

const sdks: readonly KnownSdk[] = [
  [/\bAnthropic\/JS/i, 'The Anthropic SDK', 'new Anthropic({ maxRetries: 0 })', 375, 500],
  [/\bOpenAI\/JS/i, 'The OpenAI SDK', 'new OpenAI({ maxRetries: 0 })', 375, 500],
  [
    /\bai-sdk\b|\bai\/\d/i,
    'The AI SDK',
    'generateText({ …, maxRetries: 0 }), and streamText and the others alike',
    2_000,
    2_000,
  ],
  // Google's older SDK repeats nothing by itself: it is LangChain's around it that does.
  [/\blangchain|\bgenai-js\b/i, 'LangChain', 'new ChatGoogleGenerativeAI({ …, maxRetries: 0 })', 1_000, 2_000],
];

/** The SDK that a request comes from; undefined where none is known that repeats. */
export function sdkOf({ headers }: Outgoing): KnownSdk | undefined {
  const agent = `${headers.get('user-agent') ?? ''} ${headers.get('x-goog-api-client') ?? ''}`;
  return sdks.find(([form]) => form.test(agent));
}

/** What to tell about an SDK that repeats requests by itself: once, with the exact setting. */
export function sdkWarning(request: Outgoing): string {
  const [, name = 'The client', setting = 'maxRetries: 0 (or its name for that)'] = sdkOf(request) ?? [];
  return `${name} repeats failed requests by itself. Turn that off: ${setting}. Until then, what has been given up is answered with the same end again and not sent.`;
}
