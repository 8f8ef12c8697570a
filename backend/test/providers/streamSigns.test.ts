import { expect, it } from 'vitest';
import { anthropic, ollama, openAiCompatible, openai } from '../../fetch.ts';
import { geminiProvider } from '../../gemini/geminiProviders.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { StreamSign } from '../../resilience/streamSign.ts';

const choice = (part: object): string => JSON.stringify({ choices: [{ index: 0, finish_reason: null, ...part }] });

//  provider, event, what it says of its stream
const rows: readonly (readonly [Provider, string, StreamSign])[] = [
  [openai, '[DONE]', 'end'],
  [openai, choice({ delta: { role: 'assistant', content: '' } }), 'opening'],
  [openai, choice({ delta: { role: 'assistant', content: '', refusal: null } }), 'opening'],
  [openai, choice({ delta: { content: 'a' } }), 'content'],
  [openai, choice({ delta: { tool_calls: [{ index: 0 }] } }), 'content'],
  [openai, choice({ delta: {}, finish_reason: 'stop' }), 'end'],
  [openai, '{"choices":[],"prompt_filter_results":[]}', 'opening'],
  [openai, '{"error":{"message":"m"}}', 'error'],
  [openai, '{"type":"error","code":"server_error","message":"m"}', 'error'],
  [openai, '{"type":"response.created","response":{}}', 'opening'],
  [openai, '{"type":"response.output_text.delta","delta":"a"}', 'content'],
  [openai, '{"type":"response.output_text.done","text":"a"}', 'content'],
  [openai, '{"type":"response.completed","response":{"error":null}}', 'end'],
  [openai, '{"type":"response.failed","response":{"error":{"code":"server_error"}}}', 'error'],
  [openai, '{"type":"speech.audio.done"}', 'end'],
  [openAiCompatible, choice({ delta: { reasoning_content: 'a' } }), 'content'],
  [anthropic, '{"type":"message_start"}', 'opening'],
  [anthropic, '{"type":"ping"}', 'opening'],
  [anthropic, '{"type":"content_block_delta"}', 'content'],
  [anthropic, '{"type":"error","error":{"type":"overloaded_error"}}', 'error'],
  [anthropic, '{"type":"message_stop"}', 'end'],
  [ollama, '{"message":{"content":"a"},"done":false}', 'content'],
  [ollama, '{"done":true}', 'end'],
  [ollama, '{"status":"success"}', 'end'],
  [ollama, '{"status":"pulling manifest"}', 'content'],
  [ollama, '{"error":"m"}', 'error'],
  [geminiProvider, '{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}', 'content'],
  [geminiProvider, '{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}', 'end'],
  [geminiProvider, '{"promptFeedback":{"blockReason":"SAFETY"}}', 'end'],
  [geminiProvider, '{"usageMetadata":{}}', 'opening'],
  [
    geminiProvider,
    '{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"finishReason":"STOP"}}}]}}]}',
    'content',
  ],
  [geminiProvider, '{"candidates":[{"finishReason":"FINISH_REASON_UNSPECIFIED"}]}', 'opening'],
  [geminiProvider, choice({ delta: { content: 'a' } }), 'content'],
  [geminiProvider, choice({ delta: { role: 'assistant', content: '' } }), 'opening'],
  [geminiProvider, choice({ delta: {}, finish_reason: 'stop' }), 'end'],
  [geminiProvider, '[DONE]', 'end'],
  [geminiProvider, '{"event_type":"content.delta","delta":{"text":"a"}}', 'content'],
  [geminiProvider, '[{"error":{"code":503}}]', 'error'],
];

it.each(rows.map(([provider, event, sign]) => [provider.name, event, sign, provider] as const))(
  '%s: %s says %s',
  (_name, event, sign, provider) => {
    expect(provider.readEvent(event)).toBe(sign);
  },
);
