import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GeminiCore } from '../../index.ts';
import type { FaultName } from '../../simulator/index.ts';
import { until } from '../simulator/ask.ts';
import { type Bench, bench } from './geminiClient.ts';

describe('errors before a request is sent', () => {
  // what is wrong, the options, class and reason
  const rows: [string, object, string, string][] = [
    ['a base URL that is none', { httpOptions: { baseUrl: 'not a url' } }, 'request', 'client-config'],
    ['a token that only the Live API takes', { apiKey: 'auth_tokens/abc-def' }, 'request', 'client-config'],
    [
      'a header that cannot be sent',
      { httpOptions: { headers: { 'x-mine': 'line\nbreak' } } },
      'request',
      'client-config',
    ],
  ];
  it.each(rows)('%s', async (_name, options, errorClass, reason) => {
    const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, ...options });
    for (const call of [() => gemini.callLlm('hello'), () => gemini.callLlmStream('hello').next()]) {
      await expect(call()).rejects.toMatchObject({ name: 'GeminiError', failure: { errorClass, reason } });
    }
  });

  it('a tool that fails is the program’s error, and is not run again', async () => {
    await using at = await bench({ callFunctions: 'always' });
    let ran = 0;
    const tool = {
      tool: async () => ({ functionDeclarations: [{ name: 'lookUp', description: 'Looks something up.' }] }),
      callTool: async () => {
        ran += 1;
        throw new Error('the database is gone');
      },
    };
    const call = at.gemini.callLlm('use the tool', { config: { tools: [tool] } });
    await expect(call).rejects.toMatchObject({
      failure: { reason: 'client-bug' },
      cause: { message: 'the database is gone' },
    });
    expect([ran, at.simulator.ledger.requests.length]).toEqual([1, 1]);
  });
});

describe('a server that speaks no TLS', () => {
  it('is a failure of class network', async () => {
    const server = createServer(socket => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const runtime = { sleep: async () => {} };
    const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, runtime, httpOptions: { baseUrl } });
    try {
      await expect(gemini.callLlm('hello')).rejects.toMatchObject({
        failure: { errorClass: 'network', reason: 'tls', retryable: false },
        attempts: { length: 1 },
      });
    } finally {
      server.close();
    }
  });
});

describe('what the caller gave', () => {
  it('is not written into, and may be frozen', async () => {
    await using at = await bench();
    const config = Object.freeze({
      temperature: 0,
      httpOptions: Object.freeze({ headers: Object.freeze({ 'x-mine': '1' }) }),
    });
    const request = Object.freeze({ model: 'm', contents: Object.freeze(['hello']) as unknown as string[], config });
    await at.gemini.callLlm(request);
    await at.gemini.embed(
      Object.freeze(['a', 'b']) as unknown as string[],
      Object.freeze({ config: Object.freeze({}) }),
    );
    await at.gemini.sdk.models.generateContent(request);
    expect(Object.keys(config.httpOptions)).toEqual(['headers']);
    expect(at.simulator.ledger.requests[0]?.headers['x-mine']).toBe('1');
  });
});

describe('downloads', () => {
  it('are repeated up to their headers, and never buffered', async () => {
    await using at = await bench();
    const bytes = 'x'.repeat(300_000);
    const file = await at.gemini.sdk.files.upload({ file: new Blob([bytes], { type: 'text/plain' }) });
    at.simulator.enqueue('503');
    const folder = mkdtempSync(join(tmpdir(), 'download-'));
    try {
      const downloadPath = join(folder, 'file.txt');
      await at.gemini.sdk.files.download({ file: file.name ?? '', downloadPath });
      expect(readFileSync(downloadPath, 'utf8').length).toBe(bytes.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(at.simulator.ledger.requests.slice(-2).map(({ status }) => status)).toEqual([503, 200]);
  });

  /** A file of 300 KB on the server, a folder for its download, and the fault that its download meets. */
  async function download(
    fault: FaultName | undefined,
    run: (at: Bench, file: string, folder: string) => Promise<void>,
  ): Promise<void> {
    await using at = await bench();
    const { name = '' } = await at.gemini.sdk.files.upload({
      file: new Blob(['x'.repeat(300_000)], { type: 'text/plain' }),
    });
    if (fault) at.simulator.enqueue(fault);
    const folder = mkdtempSync(join(tmpdir(), 'download-'));
    // An error that nobody listens for would end the process some ticks later.
    const uncaught: unknown[] = [];
    const note = (error: unknown): number => uncaught.push(error);
    process.prependListener('uncaughtException', note);
    try {
      await run(at, name, folder);
      await new Promise(setImmediate);
      expect(uncaught).toEqual([]);
    } finally {
      process.off('uncaughtException', note);
      rmSync(folder, { recursive: true });
    }
  }

  it('end when the caller aborts in their middle', () =>
    download('stall-mid-body', async (at, file, folder) => {
      const controller = new AbortController();
      const config = { abortSignal: controller.signal };
      const ended = at.gemini.sdk.files.download({ file, downloadPath: join(folder, 'file.txt'), config });
      await until(() => at.simulator.ledger.requests.at(-1)?.method === 'GET');
      controller.abort('enough');
      await expect(ended).rejects.toBe('enough');
      await until(() => at.simulator.ledger.requests.at(-1)?.closedByClient === true);
    }));

  it.each(['fin-mid-body', 'reset-mid-body'] as const)('reject when their body breaks: %s', fault =>
    download(fault, async (at, file, folder) => {
      const downloadPath = join(folder, 'file.txt');
      await expect(at.gemini.sdk.files.download({ file, downloadPath })).rejects.toThrow('terminated');
      at.simulator.enqueue(fault);
      const handedOut = at.gemini.makeApiCallWithRetry(({ sdk }) => sdk.files.download({ file, downloadPath }), {
        retry: { maxRetries: 0 },
      });
      await expect(handedOut).rejects.toMatchObject({ failure: { errorClass: 'network', delivery: 'ambiguous' } });
    }),
  );

  it('reject, and free their socket, when the file cannot be written', () =>
    download(undefined, async (at, file, folder) => {
      const downloadPath = join(folder, 'no such folder', 'file.txt');
      await expect(at.gemini.sdk.files.download({ file, downloadPath })).rejects.toThrow('ENOENT');
    }));
});
