/** How a service writes its answers and errors. */
export interface Wire {
  readonly name: string;
  /** A whole answer that says `pong`. */
  readonly answer: string;
  /** The pieces of a streamed one; the first ones hold nothing that is seen. */
  readonly pieces: readonly string[];
  readonly streamType: string;
  /** An overload in the midst of a stream, as an event. */
  readonly errorPiece: string;
  /** The bodies of bad answers. */
  readonly rateLimit: string;
  readonly overload: { readonly status: number; readonly body: string };
  readonly invalid: string;
  readonly unauthorized: string;
  /** The provider's own way to state a wait of 40 ms. */
  readonly waitHeaders: Readonly<Record<string, string>>;
}

const sse = (value: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;

const chunk = (delta: object, finish: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-test',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const openAiError = (message: string, type: string | null, code: string | null): string =>
  JSON.stringify({ error: { message, type, param: null, code } });

export const openAiWire: Wire = {
  name: 'openai',
  answer: JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-test',
    choices: [{ index: 0, message: { role: 'assistant', content: 'pong', refusal: null }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
  }),
  pieces: [
    sse(chunk({ role: 'assistant', content: '' })),
    sse(chunk({ content: 'po' })),
    sse(chunk({ content: 'ng' })),
    sse(chunk({}, 'stop')),
    sse('[DONE]'),
  ],
  streamType: 'text/event-stream; charset=utf-8',
  errorPiece: sse({
    error: {
      message: 'The server had an error while processing your request.',
      type: 'server_error',
      param: null,
      code: null,
    },
  }),
  rateLimit: openAiError(
    'Rate limit reached for gpt-test in organization org-x on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 40ms.',
    'requests',
    'rate_limit_exceeded',
  ),
  overload: {
    status: 503,
    body: openAiError('The engine is currently overloaded, please try again later.', 'server_error', null),
  },
  invalid: openAiError("Invalid value for 'temperature'.", 'invalid_request_error', 'invalid_value'),
  unauthorized: openAiError(
    'Incorrect API key provided: test. You can find your API key at the dashboard.',
    'invalid_request_error',
    'invalid_api_key',
  ),
  waitHeaders: { 'retry-after-ms': '40' },
};

const anthropicError = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_1',
});
const message = (content: readonly object[], stop: string | null) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-test',
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 1 },
});

export const anthropicWire: Wire = {
  name: 'anthropic',
  answer: JSON.stringify(message([{ type: 'text', text: 'pong' }], 'end_turn')),
  pieces: [
    sse({ type: 'message_start', message: message([], null) }, 'message_start'),
    sse({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }, 'content_block_start'),
    sse({ type: 'ping' }, 'ping'),
    sse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'po' } }, 'content_block_delta'),
    sse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ng' } }, 'content_block_delta'),
    sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
    sse(
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } },
      'message_delta',
    ),
    sse({ type: 'message_stop' }, 'message_stop'),
  ],
  streamType: 'text/event-stream; charset=utf-8',
  errorPiece: sse(anthropicError('overloaded_error', 'Overloaded'), 'error'),
  rateLimit: JSON.stringify(
    anthropicError('rate_limit_error', 'Number of requests has exceeded your per-minute rate limit.'),
  ),
  overload: { status: 529, body: JSON.stringify(anthropicError('overloaded_error', 'Overloaded')) },
  invalid: JSON.stringify(anthropicError('invalid_request_error', 'messages: at least one message is required')),
  unauthorized: JSON.stringify(anthropicError('authentication_error', 'invalid x-api-key')),
  waitHeaders: { 'retry-after-ms': '40' },
};

const line = (value: object): string => `${JSON.stringify(value)}\n`;
const spoken = (content: string, done: boolean) => ({
  model: 'llama-test',
  created_at: '2026-11-22T00:00:00Z',
  message: { role: 'assistant', content },
  done,
  ...(done && { done_reason: 'stop', prompt_eval_count: 3, eval_count: 1 }),
});

export const ollamaWire: Wire = {
  name: 'ollama',
  answer: JSON.stringify(spoken('pong', true)),
  pieces: [line(spoken('po', false)), line(spoken('ng', false)), line(spoken('', true))],
  streamType: 'application/x-ndjson',
  errorPiece: line({ error: 'llama runner process has terminated: exit status 2' }),
  rateLimit: JSON.stringify({ error: 'you have reached your hourly usage limit, please wait' }),
  overload: {
    status: 503,
    body: JSON.stringify({ error: 'server busy, please try again.  maximum pending requests exceeded' }),
  },
  invalid: JSON.stringify({ error: 'invalid options: temperature' }),
  unauthorized: JSON.stringify({ error: 'unauthorized' }),
  waitHeaders: { 'retry-after-ms': '40' },
};

const candidate = (text: string, finish?: string) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...(finish && { finishReason: finish }) }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
  modelVersion: 'gemini-test',
});
const googleError = (code: number, status: string, text: string, details: readonly object[] = []): string =>
  JSON.stringify({ error: { code, message: text, status, ...(details.length > 0 && { details }) } });

export const geminiWire: Wire = {
  name: 'gemini',
  answer: JSON.stringify(candidate('pong', 'STOP')),
  pieces: [sse(candidate('po')), sse(candidate('ng')), sse(candidate('', 'STOP'))],
  streamType: 'text/event-stream',
  errorPiece: sse(googleError(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.')),
  rateLimit: googleError(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota. Please retry in 40.1ms.', [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [
        {
          quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
          quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
          quotaValue: '500',
        },
      ],
    },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.040s' },
  ]),
  overload: { status: 503, body: googleError(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.') },
  invalid: googleError(400, 'INVALID_ARGUMENT', 'Invalid value at generation_config.temperature'),
  unauthorized: googleError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
  waitHeaders: {},
};
