/** The model: text, JSON or function calls that depend on nothing but the request. */

import type { Answer, Chunk } from '../answer.ts';
import { listOf, objectOf, textOf } from '../json.ts';
import { earlierPrompts, type SimulatedRequest } from '../request.ts';
import { pieces, tokensIn } from '../text.ts';
import { continuationOf, cutWithToken } from './continuation.ts';
import { askedToGoOn } from './goOn.ts';
import { sampleOf } from './sample.ts';
import { freshId, type ServiceState } from './state.ts';

type Body = Readonly<Record<string, unknown>>;

function declarationsIn(body: Body): readonly Body[] {
  return listOf(body['tools'])
    .flatMap(tool => listOf(objectOf(tool)['functionDeclarations']))
    .map(objectOf);
}

function functionResponseIn(body: Body): Body | undefined {
  const parts = listOf(objectOf(listOf(body['contents']).at(-1))['parts']).map(objectOf);
  const found = parts.find(part => part['functionResponse'] !== undefined);
  return found === undefined ? undefined : objectOf(found['functionResponse']);
}

function functionToCall(state: ServiceState, request: SimulatedRequest): Body | undefined {
  const declared = declarationsIn(request.body);
  const mode = objectOf(objectOf(request.body['toolConfig'])['functionCallingConfig'])['mode'];
  if (state.options.callFunctions === 'never' || mode === 'NONE' || functionResponseIn(request.body)) return undefined;
  if (state.options.callFunctions === 'always' || mode === 'ANY') return declared[0];
  return declared.find(({ name }) => textOf(name) !== '' && request.prompt.includes(textOf(name)));
}

function answerText(state: ServiceState, { body, prompt }: SimulatedRequest): string {
  const response = functionResponseIn(body);
  if (response !== undefined) return `${textOf(response['name'])} said ${JSON.stringify(response['response'] ?? {})}.`;
  const config = objectOf(body['generationConfig']);
  const schema = config['responseJsonSchema'] ?? config['responseSchema'];
  if (schema !== undefined) return JSON.stringify(sampleOf(schema, prompt));
  const wentOn = askedToGoOn(body);
  if (wentOn !== undefined) {
    const whole = state.options.answer(wentOn.prompt, wentOn.earlier);
    const from = wentOn.from(whole);
    if (from !== undefined) return whole.slice(from);
  }
  return state.options.answer(prompt, earlierPrompts(body));
}

interface Said {
  /** The parts of each chunk. */
  readonly parts: readonly (readonly Body[])[];
  readonly finishReason: string;
  readonly outputTokens: number;
}

function saidInText(state: ServiceState, request: SimulatedRequest): Said {
  const whole = answerText(state, request).slice(continuationOf(request.body).offset);
  const most = objectOf(request.body['generationConfig'])['maxOutputTokens'];
  const cut = typeof most === 'number' && most > 0 && tokensIn(whole) > most;
  const text = cut ? whole.slice(0, most * 4) : whole;
  const texts = request.operation === 'generateContent' ? [text] : pieces(text, state.options.chunkCharacters);
  return {
    parts: texts.map(part => [{ text: part }]),
    finishReason: cut ? 'MAX_TOKENS' : 'STOP',
    outputTokens: tokensIn(text),
  };
}

function said(state: ServiceState, request: SimulatedRequest): Said {
  const called = functionToCall(state, request);
  if (called === undefined) return saidInText(state, request);
  const args = sampleOf(called['parameters'] ?? called['parametersJsonSchema'], request.prompt);
  const functionCall = { name: called['name'], args: objectOf(args) };
  return { parts: [[{ functionCall }]], finishReason: 'STOP', outputTokens: tokensIn(JSON.stringify(functionCall)) };
}

function usageOf(inputTokens: number, outputTokens: number): Chunk {
  return {
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens,
    totalTokenCount: inputTokens + outputTokens,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
  };
}

function chunksOf(
  { parts, finishReason, outputTokens }: Said,
  request: SimulatedRequest,
  responseId: string,
): readonly Chunk[] {
  const last = parts.length - 1;
  return parts.map((inner, index) => ({
    candidates: [{ content: { parts: inner, role: 'model' }, ...(index === last ? { finishReason } : {}), index: 0 }],
    usageMetadata: usageOf(request.inputTokens, Math.ceil((outputTokens * (index + 1)) / parts.length)),
    modelVersion: request.model,
    responseId,
  }));
}

/** Answers generateContent and streamGenerateContent, the latter as events or as one JSON array. */
export function generate(state: ServiceState, request: SimulatedRequest): Answer {
  const answered = said(state, request);
  const whole = chunksOf(answered, request, freshId(state));
  const continuation = continuationOf(request.body);
  const chunks = continuation.hopsLeft > 0 ? cutWithToken(whole, continuation) : whole;
  const framing = request.operation === 'generateContent' ? 'json' : request.sse ? 'sse' : 'array';
  return {
    status: 200,
    headers: {},
    content: { kind: 'chunks', chunks, framing },
    outputTokens: answered.outputTokens,
  };
}
