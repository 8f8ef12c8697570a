/** What a client saw, in one line that a table can hold. */

import { type GenerateContentResponse, GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';

/** The answer of all simulators in these tables: four chunks when streamed. */
export const wholeText = 'one two three four';

/** Options that make `wholeText` the answer, in four chunks. */
export const fourChunks = { answer: () => wholeText, chunkCharacters: 4 } as const;

function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  const code = 'code' in cause && cause.code !== undefined ? String(cause.code) : '';
  return ` <- ${code || (cause.name === 'Error' ? cause.message : cause.name)}`;
}

/** Name, status, the beginning of the message, and the code of the cause. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const status = 'status' in error ? ` ${error.status}` : '';
  const message = error.message.startsWith('{') || error.message.startsWith('[') ? '' : ` ${error.message}`;
  return `${error.name}${status}${message.slice(0, 42)}${describeCause(error.cause)}`;
}

function describeText(text: string): string {
  if (text === '') return 'no text';
  return text === wholeText ? 'whole text' : `part of the text`;
}

function textOf({ candidates }: GenerateContentResponse): string {
  return (candidates?.[0]?.content?.parts ?? []).map(({ text, thought }) => (thought ? '' : (text ?? ''))).join('');
}

/** A client of the official SDK on this server, with its own retries off. */
export function sdkOn(baseUrl: string, options: GoogleGenAIOptions = {}): GoogleGenAI {
  return new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl }, ...options });
}

/** A client of the official SDK over this fetch. */
export function sdkWith(fetch: typeof globalThis.fetch): GoogleGenAI {
  return new GoogleGenAI({ apiKey: 'any', httpOptions: { fetch } });
}

interface Ask {
  readonly prompt: string;
  readonly patienceMs: number;
}

/** One whole call through the official SDK. */
export async function seenWhole(sdk: GoogleGenAI, { prompt, patienceMs }: Ask): Promise<string> {
  const config = { abortSignal: AbortSignal.timeout(patienceMs) };
  try {
    const response = await sdk.models.generateContent({ model: 'gemini-2.5-flash', contents: prompt, config });
    const reason = response.promptFeedback?.blockReason ?? response.candidates?.[0]?.finishReason ?? 'no reason';
    return `${reason}, ${describeText(textOf(response))}`;
  } catch (error) {
    return describeError(error);
  }
}

/** One streamed call through the official SDK. */
export async function seenStreamed(sdk: GoogleGenAI, { prompt, patienceMs }: Ask): Promise<string> {
  const config = { abortSignal: AbortSignal.timeout(patienceMs) };
  let text = '';
  let chunks = 0;
  let reason = 'no reason';
  try {
    for await (const chunk of await sdk.models.generateContentStream({
      model: 'gemini-2.5-flash',
      contents: prompt,
      config,
    })) {
      chunks += 1;
      text += textOf(chunk);
      reason = chunk.promptFeedback?.blockReason ?? chunk.candidates?.[0]?.finishReason ?? reason;
    }
    return `${chunks}: ${reason}, ${describeText(text)}`;
  } catch (error) {
    return `${chunks}: ${describeError(error)}`;
  }
}
