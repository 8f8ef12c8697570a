import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
// In an application of your own: from 'geminicore'.
import type { GeminiCore, LlmStream } from '../../backend/index.ts';
import { problemOf, retryAfter } from './problem.ts';
import { BadRequest, questionIn } from './question.ts';

const sse = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };

const event = (name: string, value: unknown): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;

/** Writes, and waits for a slow client: so the model is not asked faster than it is read. */
async function write(response: ServerResponse, text: string): Promise<void> {
  if (response.write(text) || response.destroyed) return;
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    // The listener of the one that did not come.
    waiting.abort();
  }
}

/**
 * The answer as events: `text` for each piece, then `done`, or `error` where it ends in its middle. The head is sent with the first
 * piece, so that what fails before has a status of its own.
 */
async function answer(response: ServerResponse, stream: LlmStream): Promise<void> {
  for await (const { text } of stream) {
    if (text === '') continue;
    if (!response.headersSent) response.writeHead(200, sse);
    await write(response, event('text', { text }));
  }
  const { finishReason, usage, resumed } = await stream.result;
  if (!response.headersSent) response.writeHead(200, sse);
  response.end(event('done', { finishReason, tokens: usage?.totalTokenCount, resumed: resumed?.times ?? 0 }));
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const { status, ...problem } = problemOf(error);
  if (response.headersSent) response.end(event('error', problem));
  else {
    const head = { 'content-type': 'application/json', ...retryAfter({ status, ...problem }, Date.now()) };
    response.writeHead(status, head).end(JSON.stringify({ error: problem }));
  }
}

async function chat(gemini: GeminiCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { message } = await questionIn(request);
  // Before the first piece everything is retried that may pass; after it only a broken stream, which goes on where it broke.
  const stream = gemini.callLlmStream(message, { resume: true, deadlineMs: 30_000 });
  // Who has gone shall cost nothing more.
  response.once('close', () => stream.abort());
  await answer(response, stream);
}

async function handle(gemini: GeminiCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (request.url !== '/chat') throw new BadRequest(404, 'There is only /chat.');
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      throw new BadRequest(405, 'Questions are sent by POST.');
    }
    await chat(gemini, request, response);
  } catch (error) {
    fail(response, error);
  }
}

/** `POST /chat` with `{"message": "…"}`, answered with server-sent events. */
export function chatEndpoint(gemini: GeminiCore): Server {
  return createServer((request, response) => void handle(gemini, request, response));
}
