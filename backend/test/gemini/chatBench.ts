import type { Content } from '@google/genai';
import { GeminiCore, type GeminiCoreOptions } from '../../index.ts';
import { type SimulatedFetch, type SimulatorOptions, simulatedFetch } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

/** A client and the service in virtual time, and the contents of every request for content as it arrived. */
export interface ChatBench {
  readonly runtime: VirtualRuntime;
  readonly service: SimulatedFetch;
  readonly gemini: GeminiCore;
  readonly received: (readonly Content[])[];
  /** The settings of each of them. */
  readonly configs: unknown[];
}

export function chatBench(simulated: Omit<SimulatorOptions, 'port'> = {}, options: GeminiCoreOptions = {}): ChatBench {
  const runtime = new VirtualRuntime(mulberry(1));
  const service = simulatedFetch({ latencyMs: 100, chunkGapMs: 50, chunkCharacters: 4, ...simulated, runtime });
  const received: (readonly Content[])[] = [];
  const configs: unknown[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    const { contents, generationConfig } = JSON.parse(String(init?.body));
    received.push(contents);
    configs.push(generationConfig);
    return service.fetch(input, init);
  };
  const gemini = new GeminiCore({
    apiKey: 'test-key',
    environment: {},
    runtime,
    concurrency: false,
    breaker: false,
    quota: false,
    retryBudget: false,
    httpOptions: { fetch },
    ...options,
  });
  return { runtime, service, gemini, received, configs };
}

export const user = (text: string): Content => ({ role: 'user', parts: [{ text }] });
export const model = (text: string): Content => ({ role: 'model', parts: [{ text }] });
