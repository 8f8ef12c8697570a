import { expect, it } from 'vitest';
import { anthropic, databricks, defineProvider, lyzr, ollama, openAiCompatible, openai } from '../../fetch.ts';
import type { Provider } from '../../resilience/provider.ts';

const acme = defineProvider({ name: 'acme' });
const nested = '{"tools":[{"parameters":{"properties":{"store":{"type":"string"},"background":true}}}]}';

//  provider, method, path, body, may it be sent again although it may have been carried out?
const rows: readonly (readonly [Provider, string, string, string | undefined, boolean])[] = [
  [openai, 'GET', '/v1/files', undefined, true],
  [openai, 'PUT', '/v1/files/f', '{}', true],
  [openai, 'DELETE', '/v1/files/f', undefined, true],
  [openai, 'PATCH', '/v1/things/1', '{}', false],
  [openai, 'POST', '/v1/files', undefined, false],
  [openai, 'POST', '/v1/chat/completions', '{"model":"m"}', true],
  [openai, 'POST', '/v1/chat/completions', undefined, true],
  [openai, 'POST', '/v1/chat/completions', '{"model":"m","store":true}', false],
  [openai, 'POST', '/v1/chat/completions', nested, true],
  [openai, 'POST', '/v1/embeddings', '{}', true],
  [openai, 'POST', '/v1/audio/transcriptions', undefined, true],
  [openai, 'POST', '/v1/responses', '{"model":"m","input":"a"}', true],
  [openai, 'POST', '/v1/responses', '{"previous_response_id":"r"}', true],
  [openai, 'POST', '/v1/responses', '{"previous_response_id":"r","store":true}', false],
  [openai, 'POST', '/v1/responses', '{"store":false,"background":false,"conversation":null}', true],
  [openai, 'POST', '/v1/responses', '{"conversation":"conv_1"}', false],
  [openai, 'POST', '/v1/responses', '{"conversation":{"id":"conv_1"}}', false],
  [openai, 'POST', '/v1/responses', '{"background": true}', false],
  [openai, 'POST', '/v1/responses', nested, true],
  [openai, 'POST', '/v1/responses', '{"background":true', false],
  [openai, 'POST', '/v1/responses', undefined, false],
  [openai, 'POST', '/v1/responses/r/cancel', '{}', false],
  [openai, 'POST', '/v1/conversations/c/items', '{}', false],
  [openai, 'POST', '/v1/threads/t/messages', '{}', false],
  [openai, 'POST', '/v1/messages', '{}', false],
  [openAiCompatible, 'POST', '/v1/threads/t/messages', '{}', false],
  [openAiCompatible, 'POST', '/v1/messages', '{}', true],
  [anthropic, 'POST', '/v1/messages', '{}', true],
  [anthropic, 'POST', '/v1/messages/count_tokens', '{}', true],
  [anthropic, 'POST', '/v1/messages/batches', '{}', false],
  [ollama, 'POST', '/api/chat', '{}', true],
  [ollama, 'POST', '/api/generate', '{}', true],
  [ollama, 'POST', '/api/pull', '{}', false],
  [ollama, 'POST', '/v1/chat/completions', '{}', true],
  [databricks, 'POST', '/serving-endpoints/e/invocations', '{}', true],
  [lyzr, 'POST', '/v3/inference/chat/', '{}', false],
  [acme, 'POST', '/v1/messages', '{}', false],
  [acme, 'POST', '/v1/chat', '{}', false],
  [acme, 'POST', '/v1/responses', '{}', false],
  [acme, 'POST', '/v1/generate', '{}', false],
  [acme, 'POST', '/functions/f/invocations', '{}', false],
  [acme, 'POST', '/v1/chat/completions', '{}', true],
];

it.each(rows.map(([provider, ...row]) => [provider.name, ...row, provider] as const))(
  '%s: %s %s with %s: %s',
  (_name, method, path, body, expected, provider) => {
    expect(provider.repeatable(method, new URL(`https://api.example.com${path}`), body)).toBe(expected);
  },
);
