/** Requests without the SDK, for what only the wire shows. */

import { connect } from 'node:net';

/** The body of a generation of this prompt. */
export function bodyFor(prompt: string): string {
  return JSON.stringify({ contents: [{ role: 'user', parts: [{ text: prompt }] }] });
}

interface Asked {
  readonly key?: string;
  readonly verb?: string;
  readonly model?: string;
  readonly signal?: AbortSignal;
  /** In the place of the platform's own fetch. */
  readonly send?: typeof fetch;
}

/** One generation by plain fetch. */
export function ask(url: string, prompt: string, asked: Asked = {}): Promise<Response> {
  const { key = 'any', verb = 'generateContent', model = 'gemini-2.5-flash', signal = null, send = fetch } = asked;
  return send(`${url}/v1beta/models/${model}:${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === '' ? {} : { 'x-goog-api-key': key }) },
    body: bodyFor(prompt),
    signal,
  });
}

/** Status of a generation by plain fetch; its body is read to the end. */
export async function statusOf(url: string, prompt: string, asked: Asked = {}): Promise<number> {
  const response = await ask(url, prompt, asked);
  await response.arrayBuffer();
  return response.status;
}

/** What came back over a bare connection. */
export interface WireAnswer {
  readonly head: string;
  readonly body: string;
  /** How the connection ended: in order, by a reset, or not at all within the patience. */
  readonly end: 'fin' | 'reset' | 'open';
}

/** Everything that comes back over a bare connection. */
export function overTheWire(port: number, verb: string, patienceMs = 100): Promise<WireAnswer> {
  const body = bodyFor('hi');
  const request = `POST /v1beta/models/gemini-2.5-flash:${verb} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: any\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  return new Promise(resolve => {
    let text = '';
    const end = (how: WireAnswer['end']): void => {
      clearTimeout(patience);
      socket.destroy();
      const border = text.indexOf('\r\n\r\n');
      resolve({
        head: border < 0 ? text : text.slice(0, border),
        body: border < 0 ? '' : text.slice(border + 4),
        end: how,
      });
    };
    const patience = setTimeout(() => end('open'), patienceMs);
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => end('fin'));
    socket.on('error', () => end('reset'));
  });
}

/** Waits until something is true; fails after ten seconds. */
export async function until(what: () => boolean): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > 10_000) throw new Error('It did not become true within 10 s.');
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}
