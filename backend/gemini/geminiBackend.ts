import { readAt, wholeTextAt } from '../providers/classification/caughtChain.ts';
import type { HttpBackend } from '../providers/registry/backend.ts';
import { type BackendOptions, checkBackend, systemOf, wordOf } from '../providers/registry/backends.ts';
import { countsOf, type WirePiece, wholeOf } from '../providers/registry/completion.ts';
import { failureOfResult } from './classification/resultRules.ts';
import { geminiProvider } from './geminiProviders.ts';

function readPiece(body: unknown): WirePiece | undefined {
  const candidates = readAt(body, 'candidates');
  const usage = readAt(body, 'usageMetadata');
  const first: unknown = Array.isArray(candidates) ? candidates[0] : undefined;
  if (first === undefined && usage === undefined) return undefined;
  const parts = readAt(readAt(first, 'content'), 'parts');
  const spoken = Array.isArray(parts) ? parts.filter(part => readAt(part, 'thought') !== true) : [];
  return {
    text: spoken.map(part => wholeTextAt(part, 'text')).join(''),
    ...countsOf(readAt(usage, 'promptTokenCount'), readAt(usage, 'candidatesTokenCount')),
    ...wordOf('model', readAt(body, 'modelVersion')),
    ...wordOf('finishReason', readAt(first, 'finishReason')),
  };
}

/** Gemini's generateContent over plain HTTP, for a `ProviderRegistry`. @throws ProviderError for a bad setting */
export function geminiBackend(options: BackendOptions): HttpBackend {
  checkBackend(options);
  const { model, apiKey = '', baseUrl = 'https://generativelanguage.googleapis.com/v1beta', headers } = options;
  return {
    kind: 'http',
    provider: options.provider ?? geminiProvider,
    model,
    request: (question, streams) => ({
      url: `${baseUrl.replace(/\/$/, '')}/models/${question.model}:${streams ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      headers: { 'x-goog-api-key': apiKey, ...headers },
      body: {
        contents: question.messages.flatMap(({ role, content }) =>
          role === 'system' ? [] : [{ role: role === 'user' ? 'user' : 'model', parts: [{ text: content }] }],
        ),
        ...(systemOf(question) && { systemInstruction: { parts: [{ text: systemOf(question) }] } }),
        generationConfig: {
          ...(question.maxOutputTokens && { maxOutputTokens: question.maxOutputTokens }),
          ...(question.temperature !== undefined && { temperature: question.temperature }),
        },
      },
    }),
    read: body => {
      const piece = readPiece(body);
      return piece && wholeOf(piece);
    },
    failureIn: failureOfResult,
    readPiece,
  };
}
