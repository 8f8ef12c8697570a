import { GeminiCore, type GeminiCoreOptions, type ResilienceEvent } from '../../index.ts';
import { type SimulatorOptions, simulatedFetch } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

/** One part of a turn, as the API writes it. */
export interface Part {
  readonly text?: string;
  readonly thoughtSignature?: string;
  readonly functionCall?: { readonly name: string; readonly args?: object; readonly id?: string };
  readonly functionResponse?: {
    readonly name: string;
    readonly id?: string;
    readonly response: Record<string, unknown>;
  };
}

/** A request for content, as it arrived. */
export interface Asked {
  readonly contents: readonly { readonly role?: string; readonly parts: readonly Part[] }[];
  readonly generationConfig?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly { readonly functionDeclarations?: readonly Readonly<Record<string, unknown>>[] }[];
  readonly toolConfig?: { readonly functionCallingConfig?: Readonly<Record<string, unknown>> };
}

/** What the model says: a text, parts, or a whole response. */
export type Said = string | readonly Part[] | { readonly [key: string]: unknown };

/** A client and a model that answers as the test wants it, behind the faults of the simulated service; in virtual time. */
export interface ModelBench {
  readonly runtime: VirtualRuntime;
  readonly gemini: GeminiCore;
  /** Every request that reached the model, faults left out. */
  readonly asked: Asked[];
  /** Every request that was sent. */
  readonly sent: Asked[];
  readonly events: ResilienceEvent[];
}

interface BenchOptions {
  /** The answer to the request of a number, from 0. */
  readonly model: (asked: Asked, number: number) => Said;
  readonly simulated?: Omit<SimulatorOptions, 'port'>;
  readonly client?: GeminiCoreOptions;
  readonly seed?: number;
  /** Characters in a piece of a stream. */
  readonly pieceCharacters?: number;
}

const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };

function bodyOf(said: Said): object {
  if (typeof said !== 'string' && !Array.isArray(said)) return said as object;
  const parts = typeof said === 'string' ? [{ text: said }] : said;
  return { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }], usageMetadata };
}

function eventsOf(said: Said, characters: number): string {
  if (typeof said !== 'string') return `data: ${JSON.stringify(bodyOf(said))}\n\n`;
  const pieces = said.match(new RegExp(`[\\s\\S]{1,${characters}}`, 'g')) ?? [''];
  return pieces
    .map((text, index) => {
      const isLast = index === pieces.length - 1;
      const candidate = { content: { role: 'model', parts: [{ text }] }, ...(isLast && { finishReason: 'STOP' }) };
      return `data: ${JSON.stringify({ candidates: [candidate], ...(isLast && { usageMetadata }) })}\n\n`;
    })
    .join('');
}

const isHealthy = (text: string): boolean => /"finishReason":\s*"STOP"/.test(text) && /"text"/.test(text);

/** @param script what goes wrong, in the simulator's words; what is `ok` there is answered by the model */
export function modelBench({
  model,
  simulated = {},
  client = {},
  seed = 1,
  pieceCharacters = 7,
}: BenchOptions): ModelBench {
  const runtime = new VirtualRuntime(mulberry(seed));
  const service = simulatedFetch({ latencyMs: 100, callFunctions: 'never', ...simulated, runtime });
  const asked: Asked[] = [];
  const sent: Asked[] = [];
  const events: ResilienceEvent[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const body: Asked = JSON.parse(String(init?.body));
    sent.push(body);
    const response = await service.fetch(input, init);
    const text = await response.text();
    const { status, headers } = response;
    if (status !== 200 || !isHealthy(text)) return new Response(text, { status, headers });
    asked.push(body);
    const said = model(body, asked.length - 1);
    const isStream = String(input).includes('streamGenerateContent');
    return isStream
      ? new Response(eventsOf(said, pieceCharacters), { headers: { 'content-type': 'text/event-stream' } })
      : Response.json(bodyOf(said));
  };
  const gemini = new GeminiCore({
    apiKey: 'test-key',
    environment: {},
    runtime,
    httpOptions: { fetch },
    onEvent: event => events.push(event),
    ...client,
  });
  return { runtime, gemini, asked, sent, events };
}

/** What a call is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    return `resolved with ${JSON.stringify(await promise)}`;
  } catch (error) {
    return error;
  }
}
