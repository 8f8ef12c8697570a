import { GeminiCore, type GeminiCoreOptions } from '../../index.ts';

/** Real sockets and short limits, but no waits between attempts. */
export function clientOf(url: string, options: GeminiCoreOptions = {}): GeminiCore {
  return new GeminiCore({
    apiKey: 'test-key',
    environment: {},
    runtime: { sleep: async () => {}, random: () => 0.5 },
    attemptTimeoutMs: 400,
    firstChunkTimeoutMs: 400,
    idleTimeoutMs: 150,
    httpOptions: { baseUrl: url },
    ...options,
  });
}
