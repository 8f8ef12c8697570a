import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createResilientFetch, openai } from '../../fetch.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const run = promisify(execFile);

const event = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
const whole = `${event}data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

let server: Server;
let url = '';
const open = new Set<Socket>();
beforeAll(async () => {
  server = createServer((request, response) => {
    const isBinary = request.url === '/binary';
    response.writeHead(200, { 'content-type': isBinary ? 'audio/mpeg' : 'text/event-stream' });
    // All but the whole one go on for ever.
    if (request.url === '/whole') response.end(whole);
    else response.write(event);
  });
  server.on('connection', socket => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const socket of open) socket.destroy();
});
afterAll(() => new Promise(resolve => server.close(resolve)));

const post = (signal?: AbortSignal): RequestInit => ({
  method: 'POST',
  body: '{"model":"m","stream":true}',
  ...(signal && { signal }),
});

/** Lets the event loop turn until it is so, for as long as two seconds. */
async function until(isSo: () => boolean, meanwhile = (): void => {}): Promise<void> {
  const endMs = performance.now() + 2_000;
  while (!isSo() && performance.now() < endMs) {
    meanwhile();
    await new Promise(setImmediate);
  }
}

describe.each(['/v1/chat/completions', '/binary'])('an answer of %s', path => {
  it('that is aborted frees its socket at once, though nobody reads it, and says why to who does', async () => {
    const controller = new AbortController();
    const response = await createResilientFetch(openai)(`${url}${path}`, post(controller.signal));
    expect(open.size).toBe(1);
    controller.abort(new Error('enough'));
    await until(() => open.size === 0);
    expect(open.size).toBe(0);
    await expect(response.text()).rejects.toThrow('enough');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('that is aborted while somebody waits for more ends that wait', async () => {
    const controller = new AbortController();
    const response = await createResilientFetch(openai)(`${url}${path}`, post(controller.signal));
    const read = response.text();
    await new Promise(setImmediate);
    controller.abort(new Error('enough'));
    await expect(read).rejects.toThrow('enough');
    await until(() => open.size === 0);
    expect(open.size).toBe(0);
  });

  it('that is dropped unread frees its socket, and leaves nothing on a signal that lives on', async () => {
    const { signal } = new AbortController();
    const fetch = createResilientFetch(openai);
    const drop = async (): Promise<void> => {
      await fetch(`${url}${path}`, post(signal));
    };
    for (let n = 0; n < 3; n += 1) await drop();
    expect(open.size).toBe(3);
    await until(() => open.size === 0 && getEventListeners(signal, 'abort').length === 0, collect);
    expect([open.size, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
  });

  it('that is held is not ended, however often memory is cleaned up', async () => {
    const response = await createResilientFetch(openai)(`${url}${path}`, post());
    const body = response.body;
    for (let n = 0; n < 10; n += 1) {
      collect();
      await new Promise(setImmediate);
    }
    expect(open.size).toBe(1);
    await body?.cancel();
    await until(() => open.size === 0);
    expect(open.size).toBe(0);
  });
});

it('a stream of the OpenAI SDK that is aborted unread frees its socket', async () => {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0, fetch: createResilientFetch(openai) });
  const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
  expect(open.size).toBe(1);
  stream.controller.abort();
  await until(() => open.size === 0);
  expect(open.size).toBe(0);
});

it('streams that end leave no listener on a signal that lives on', async () => {
  const { signal } = new AbortController();
  const fetch = createResilientFetch(openai);
  for (let n = 0; n < 5; n += 1) {
    await (await fetch(`${url}/v1/chat/completions`, post(signal))).body?.cancel();
    expect(await (await fetch(`${url}/whole`, post(signal))).text()).toBe(whole);
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

/** A program that asks, reads so much of the answer, and has nothing more to do. */
const program = (pieces: number): string => `
  import { createResilientFetch, openai } from ${JSON.stringify(new URL('../../fetch.ts', import.meta.url))};
  const init = { method: 'POST', body: '{"model":"m","stream":true}' };
  const reader = (await createResilientFetch(openai)('${url}/whole', init)).body.getReader();
  for (let piece = 0; piece < ${pieces}; piece += 1) await reader.read();
  console.log('asked');
`;

it.each([0, 1])('a program ends that reads %i pieces of a whole answer', async pieces => {
  const ended = await run(process.execPath, ['--input-type=module', '-e', program(pieces)], { timeout: 15_000 });
  expect(ended.stdout).toBe('asked\n');
});
