import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { GeminiCore, type GeminiCoreOptions } from '../../index.ts';

interface Strange extends AsyncDisposable {
  readonly gemini: GeminiCore;
  readonly requests: () => number;
}

/** A server that answers in a way the simulator does not. */
async function strange(answer: (response: ServerResponse) => void, options: GeminiCoreOptions = {}): Promise<Strange> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    answer(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const runtime = { sleep: async () => {}, random: () => 0.5 };
  const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, runtime, httpOptions: { baseUrl }, ...options });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { gemini, requests: () => requests, [Symbol.asyncDispose]: close };
}

const chunk = (text: string, more: object = {}): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...more }] })}\n\n`;

const stop = { finishReason: 'STOP' };

async function streamed(gemini: GeminiCore): Promise<string> {
  let text = '';
  for await (const piece of gemini.callLlmStream('hello')) text += piece.text;
  return text;
}

describe('after the model has said that it is done', () => {
  // what happens then, and the text that is the answer all the same
  const rows: [string, (response: ServerResponse) => void][] = [
    ['the connection is reset', response => void setTimeout(() => response.socket?.resetAndDestroy(), 20)],
    ['the connection is cut', response => void setTimeout(() => response.socket?.destroy(), 20)],
    ['half an event follows', response => void setTimeout(() => response.end('data: {"candid'), 20)],
    ['something follows that is no event', response => void setTimeout(() => response.end('data: goodbye\n\n'), 20)],
    [
      'token counts follow',
      response => void setTimeout(() => response.end('data: {"usageMetadata":{"totalTokenCount":3}}\n\n'), 20),
    ],
    ['the connection stays open', () => {}],
  ];
  it.concurrent.each(rows)('%s, and the answer is whole', async (_name, then) => {
    const answer = (response: ServerResponse): void => {
      response.setHeader('content-type', 'text/event-stream');
      response.write(chunk('Lima') + chunk('.', stop));
      then(response);
    };
    await using at = await strange(answer, { idleTimeoutMs: 300 });
    expect(await streamed(at.gemini)).toBe('Lima.');
    expect(at.requests()).toBe(1);
  });

  it('an error in the band is still an error', async () => {
    const error = 'data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}\n\n';
    await using at = await strange(response => {
      response.setHeader('content-type', 'text/event-stream');
      response.write(chunk('Lima'));
      setTimeout(() => response.end(chunk('.', stop) + error), 20);
    });
    await expect(streamed(at.gemini)).rejects.toMatchObject({
      failure: { reason: 'overloaded' },
      partialText: 'Lima.',
    });
  });
});

describe('a finish reason that says nothing', () => {
  it.each([null, '', 'FINISH_REASON_UNSPECIFIED'])('%j is no end', async finishReason => {
    await using at = await strange(response => {
      response.setHeader('content-type', 'text/event-stream');
      response.end(chunk('Li', { finishReason }));
    });
    await expect(streamed(at.gemini)).rejects.toMatchObject({
      failure: { reason: 'truncated-stream' },
      partialText: 'Li',
    });
    await using other = await strange(response => {
      response.setHeader('content-type', 'text/event-stream');
      response.end(chunk('', { finishReason }) + chunk('Lima', stop));
    });
    expect(await streamed(other.gemini)).toBe('Lima');
    expect(other.requests()).toBe(1);
  });
});

describe('a connection that is kept open, and nothing more', () => {
  it('is no sign of life', async () => {
    const answer = (response: ServerResponse): void => {
      response.setHeader('content-type', 'text/event-stream');
      response.write(chunk('Li'));
      const timer = setInterval(() => response.write(': ping\n\n'), 20);
      response.on('close', () => clearInterval(timer));
    };
    await using at = await strange(answer, { idleTimeoutMs: 150 });
    await expect(streamed(at.gemini)).rejects.toMatchObject({ failure: { reason: 'timeout' }, partialText: 'Li' });
  });
});

describe('a success that is no answer', () => {
  const json = (body: unknown) => (response: ServerResponse) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  it.each([{}, [], { error: 'quota' }, { totalTokens: 'many' }])('%j to countTokens', async body => {
    await using at = await strange(json(body));
    await expect(at.gemini.countTokens('hello')).rejects.toMatchObject({ failure: { reason: 'malformed-response' } });
  });

  it.each([{}, { embeddings: [] }])('%j to embed', async body => {
    await using at = await strange(json(body));
    await expect(at.gemini.embed(['a', 'b'])).rejects.toMatchObject({ failure: { reason: 'malformed-response' } });
  });

  it('an error beside other things keeps its status', async () => {
    const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' };
    await using at = await strange(json({ error, candidates: [], responseId: 'x' }));
    await expect(at.gemini.callLlm('hello')).rejects.toMatchObject({ failure: { reason: 'overloaded', status: 503 } });
  });

  it.each([[{ parts: [null] }], [{ parts: 'x' }]])('content that is none: %j', async content => {
    await using at = await strange(json({ candidates: [{ content, finishReason: 'STOP' }] }));
    await expect(at.gemini.callLlm('hello')).rejects.toMatchObject({ failure: { errorClass: 'server' } });
  });

  it('a whole answer where a stream was asked for', async () => {
    await using at = await strange(
      json({ candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }] }),
    );
    await expect(streamed(at.gemini)).rejects.toMatchObject({ failure: { reason: 'malformed-response' } });
  });
});

describe('a prompt that is found to be blocked in the middle of the answer', () => {
  it('does not end as a success', async () => {
    await using at = await strange(response => {
      response.setHeader('content-type', 'text/event-stream');
      response.write(chunk('Li'));
      setTimeout(() => response.end('data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n'), 20);
    });
    await expect(streamed(at.gemini)).rejects.toMatchObject({
      failure: { reason: 'blocked-content' },
      partialText: 'Li',
    });
  });
});

describe('a status whose body does not come', () => {
  const head = (response: ServerResponse, status: number): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"error":{"code":');
  };
  it('is that status where the body is cut', async () => {
    await using at = await strange(response => {
      head(response, 400);
      setTimeout(() => response.socket?.destroy(), 10);
    });
    await expect(at.gemini.callLlm('hello')).rejects.toMatchObject({ failure: { errorClass: 'request', status: 400 } });
    expect(at.requests()).toBe(1);
  });

  it('is that status where the body is garbled', async () => {
    await using at = await strange(response => {
      response.writeHead(403, { 'content-encoding': 'gzip' });
      response.end('this is no gzip');
    });
    await expect(at.gemini.callLlm('hello')).rejects.toMatchObject({ failure: { errorClass: 'auth', status: 403 } });
  });

  it('is that status where it is one of none that exist', async () => {
    await using at = await strange(response => response.writeHead(799).end('no'));
    await expect(at.gemini.callLlm('hello')).rejects.toMatchObject({ failure: { errorClass: 'server' } });
  });
});

describe('a rule of the caller’s own that throws', () => {
  it('ends the call, at whichever attempt', async () => {
    let asked = 0;
    const rule = (): boolean => {
      asked += 1;
      if (asked === 2) throw new Error('a mistake in the rule');
      return false;
    };
    await using at = await strange(response => response.writeHead(503).end('{}'), { retry: { retryOn: [rule] } });
    const failed = { failure: { reason: 'client-bug' }, cause: { message: 'a mistake in the rule' } };
    await expect(at.gemini.callLlm('hello')).rejects.toMatchObject(failed);
    expect(at.requests()).toBe(2);
    asked = 0;
    const work = (): never => {
      throw Object.assign(new Error('x'), { status: 503 });
    };
    await expect(at.gemini.makeApiCallWithRetry(work)).rejects.toMatchObject(failed);
  });
});
