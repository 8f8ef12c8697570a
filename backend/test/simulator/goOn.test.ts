import { describe, expect, it } from 'vitest';
import { GeminiCore } from '../../index.ts';
import { startSimulator } from '../../simulator/index.ts';

describe('a model that is asked to go on with an answer that broke off', () => {
  it.each(['reset-mid-body', 'fin-mid-chunked', 'sse-truncated-event', 'sse-error-mid', 'no-finish-reason'] as const)(
    'does so: %s in mid-stream is not seen',
    async fault => {
      await using simulator = await startSimulator({ script: [fault], chunkCharacters: 20 });
      const runtime = { sleep: async () => {}, random: () => 0.5 };
      const options = { apiKey: 'test-key', environment: {}, runtime, httpOptions: { baseUrl: simulator.url } };
      const question = 'Tell me of the river and of all its stones.';
      const { text, resumed, attempts } = await new GeminiCore(options).callLlmStream(question, { resume: true })
        .result;
      const plain = await new GeminiCore(options).callLlm(question);
      expect(text).toBe(plain.text);
      expect(resumed).toEqual({ times: 1, tokensSpentAgain: expect.any(Number) });
      expect(resumed?.tokensSpentAgain).toBeGreaterThan(0);
      expect(attempts.map(({ failure }) => failure?.reason)).toEqual([expect.any(String), undefined]);
    },
  );
});
