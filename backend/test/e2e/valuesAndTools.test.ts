import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isGeminiError } from '../../index.ts';
import { until } from '../simulator/ask.ts';
import { bench } from './geminiClient.ts';

const recipe = z.object({ name: z.string().min(1), minutes: z.int().min(1).max(600), steps: z.array(z.string()) });
const retry = { baseDelayMs: 1, maxDelayMs: 5 };

const weather = (runs: string[]) => ({
  weather: {
    description: 'The weather of a city.',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }: { city: string }) => {
      runs.push(city);
      return { celsius: 21 };
    },
  },
});

describe('over real sockets', () => {
  it('a value comes through bad weather', async () => {
    await using at = await bench({ script: ['503', 'reset-mid-body', '200-invalid-json'] });
    const { value, asks, attempts } = await at.gemini.callLlmJson('A recipe for bread.', recipe, { retry });
    expect(value).toEqual({ name: 'A recipe for bread.', minutes: 1, steps: ['A recipe for bread.'] });
    expect([asks, attempts.length, at.simulator.ledger.requests.length]).toEqual([1, 4, 4]);
  });

  it('a value grows piece by piece', async () => {
    await using at = await bench({ script: ['503'], chunkCharacters: 8 });
    const seen: unknown[] = [];
    for await (const chunk of at.gemini.callLlmJsonStream('A recipe for soup.', recipe, { retry })) {
      seen.push(chunk.isComplete ? chunk.value : chunk.partial);
    }
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.at(-1)).toEqual({ name: 'A recipe for soup.', minutes: 1, steps: ['A recipe for soup.'] });
  });

  it('a stream of a value that is cut ends in an error with its text', async () => {
    await using at = await bench({ script: ['reset-mid-body'], chunkCharacters: 8 });
    const read = async () => {
      for await (const _chunk of at.gemini.callLlmJsonStream('A recipe for soup.', recipe, { retry }));
    };
    const error: unknown = await read().catch((caught: unknown) => caught);
    expect(isGeminiError(error) && error.failure.errorClass).toBe('network');
    expect(isGeminiError(error) && error.partialText).toMatch(/^\{"name":/);
  });

  it('leaving a stream of a value closes its socket', async () => {
    await using at = await bench({ chunkGapMs: 5, chunkCharacters: 1 });
    for await (const _chunk of at.gemini.callLlmJsonStream('A recipe for stew.', recipe)) break;
    await until(() => at.simulator.openSockets === 0);
  });

  it('a tool runs once, whatever is sent again', async () => {
    await using at = await bench({ script: ['503', 'ok', 'reset-mid-body', '200-invalid-json', 'ok'] });
    const runs: string[] = [];
    const asked = 'Ask weather, please.';
    const { text, steps, attempts } = await at.gemini.callLlmWithTools(asked, weather(runs), { retry });
    expect(text).toBe('weather said {"output":{"celsius":21}}.');
    expect(steps.map(({ toolCalls }) => toolCalls.map(({ name }) => name))).toEqual([['weather']]);
    expect([runs, attempts.length]).toEqual([[asked], 5]);
  });
});
