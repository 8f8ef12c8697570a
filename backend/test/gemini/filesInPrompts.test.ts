import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { type FileSource, isGeminiError, type LlmOptions, type PromptPart } from '../../index.ts';
import { type FileBench, fileBench, someBytes } from './fileBench.ts';
import { rejection } from './modelBench.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
  writeFileSync(join(folder, 'small.png'), 'hello');
  writeFileSync(join(folder, 'code.ts'), 'let a = 1;');
  writeFileSync(join(folder, 'nothing.pdf'), '');
  writeFileSync(join(folder, 'unknown.xyzzy'), 'hello');
  writeFileSync(join(folder, 'README'), 'hello');
  writeFileSync(join(folder, 'large.pdf'), someBytes(5 * 1024 * 1024));
  mkdirSync(join(folder, 'folder.pdf'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const hello = Buffer.from('hello').toString('base64');

/** The parts of the last question, as they were sent. */
const lastParts = ({ sent }: FileBench): readonly Record<string, unknown>[] =>
  JSON.parse(sent.at(-1)?.body ?? '{}').contents.at(-1).parts;

const inFolder = (name: string): string => join(folder, name);

describe('a small file is sent along', () => {
  test.each<[what: string, part: () => PromptPart, mimeType: string]>([
    ['a path', () => ({ file: inFolder('small.png') }), 'image/png'],
    [
      'a path with a type of its own',
      () => ({ file: inFolder('unknown.xyzzy'), mimeType: 'text/plain' }),
      'text/plain',
    ],
    ['a URL of a file', () => ({ file: pathToFileURL(inFolder('small.png')) }), 'image/png'],
    ['the same as text', () => ({ file: pathToFileURL(inFolder('small.png')).href }), 'image/png'],
    ['a Buffer', () => ({ file: Buffer.from('hello'), mimeType: 'image/png' }), 'image/png'],
    [
      'a part of a larger buffer',
      () => ({ file: Buffer.from('(hello)').subarray(1, 6), mimeType: 'image/png' }),
      'image/png',
    ],
    ['an ArrayBuffer', () => ({ file: new TextEncoder().encode('hello').buffer, mimeType: 'image/png' }), 'image/png'],
    ['a Blob', () => ({ file: new Blob(['hello'], { type: 'image/webp' }) }), 'image/webp'],
    ['a File, by its name', () => ({ file: new File(['hello'], 'a.heic') }), 'image/heic'],
  ])('%s', async (_what, part, mimeType) => {
    const bench = fileBench();
    await bench.runtime.settle(bench.gemini.callLlm(['What is in it?', part()]));
    expect(lastParts(bench)).toEqual([{ text: 'What is in it?' }, { inlineData: { mimeType, data: hello } }]);
    expect(bench.kinds()).toEqual({ ask: 1 });
  });

  it('source code is text', async () => {
    const bench = fileBench();
    await bench.runtime.settle(bench.gemini.callLlm([{ file: inFolder('code.ts') }]));
    expect(lastParts(bench)).toMatchObject([{ inlineData: { mimeType: 'text/plain' } }]);
  });

  it('a string is a prompt, also where it looks like a path', async () => {
    const bench = fileBench();
    await bench.runtime.settle(bench.gemini.callLlm([inFolder('small.png')]));
    expect(lastParts(bench)).toEqual([{ text: inFolder('small.png') }]);
  });

  const file = (): PromptPart => ({ file: inFolder('small.png') });
  const ask = { type: 'object', properties: { a: { type: 'number' } } } as const;
  const read = async (stream: AsyncIterable<unknown>): Promise<void> => {
    for await (const _chunk of stream);
  };
  test.each<[where: string, take: (bench: FileBench) => Promise<unknown>]>([
    ['a request with parts', ({ gemini }) => gemini.callLlm({ contents: ['What?', file()] })],
    [
      'a request with turns',
      ({ gemini }) => gemini.callLlm({ contents: [{ role: 'user', parts: ['What?', file()] }] }),
    ],
    ['a stream', ({ gemini }) => read(gemini.callLlmStream(['What?', file()]))],
    ['a value', ({ gemini }) => gemini.callLlmJson(['What?', file()], ask)],
    [
      'a streamed value',
      ({ gemini }) => read(gemini.callLlmJsonStream(['What?', file()], z.object({ a: z.number() }))),
    ],
    [
      'tools',
      ({ gemini }) =>
        gemini.callLlmWithTools(['What?', file()], { clock: { description: 'The time.', execute: () => 1 } }),
    ],
    ['a count of tokens', ({ gemini }) => gemini.countTokens(['What?', file()])],
    ['a prompt that is it alone', ({ gemini }) => gemini.callLlm({ file: inFolder('small.png') })],
    ['a request that is it alone', ({ gemini }) => gemini.callLlm({ contents: file() })],
    ['a message of a chat that is it alone', ({ gemini }) => gemini.chat().send({ file: inFolder('small.png') })],
    ['a chat', ({ gemini }) => gemini.chat().send(['What?', file()])],
    ['a streamed turn of a chat', ({ gemini }) => read(gemini.chat().stream(['What?', file()]))],
  ])('in %s', async (_where, take) => {
    const bench = fileBench();
    await bench.runtime.settle(take(bench));
    expect(lastParts(bench).at(-1)).toEqual({ inlineData: { mimeType: 'image/png', data: hello } });
  });

  it('an uploaded file may be a prompt by itself', async () => {
    const bench = fileBench();
    const uploaded = await bench.runtime.settle(bench.gemini.uploadFile(inFolder('small.png')));
    const fileData = { fileUri: uploaded.fileData.fileUri, mimeType: 'image/png' };
    await bench.runtime.settle(bench.gemini.callLlm(uploaded));
    expect(lastParts(bench)).toEqual([{ fileData }]);
    await bench.runtime.settle(bench.gemini.chat().send(uploaded));
    expect(lastParts(bench)).toEqual([{ fileData }]);
  });

  it('the history of a chat has what was sent, and sends it again', async () => {
    const bench = fileBench();
    const chat = bench.gemini.chat();
    await bench.runtime.settle(chat.send(['What?', file()]));
    await bench.runtime.settle(chat.send('And now?'));
    const { contents } = JSON.parse(bench.sent.at(-1)?.body ?? '{}');
    expect(contents[0].parts[1]).toEqual({ inlineData: { mimeType: 'image/png', data: hello } });
    expect(bench.gemini.chat({ history: chat.export() }).history).toEqual(chat.history);
  });
});

describe('a large file is uploaded', () => {
  const large = (): PromptPart => ({ file: inFolder('large.pdf') });
  const uploads = { start: 1, 'upload, finalize': 1 };

  it('and waited for, within the call', async () => {
    const bench = fileBench({ simulated: { fileProcessing: { polls: 1 } } });
    const { attempts } = await bench.runtime.settle(bench.gemini.callLlm(['What is in it?', large()]));
    expect(lastParts(bench)[1]).toEqual({
      fileData: { fileUri: expect.stringContaining('/files/'), mimeType: 'application/pdf' },
    });
    expect(bench.kinds()).toEqual({ ...uploads, get: 1, ask: 1 });
    expect(attempts.map(({ exchange }) => exchange)).toEqual([1, 2, 3, 4]);
  });

  it('once, however many calls ask about it', async () => {
    const bench = fileBench();
    const all = ['a', 'b', 'c', 'd'].map(text => bench.gemini.callLlm([text, large()]));
    await bench.runtime.settle(Promise.all(all));
    await bench.runtime.settle(bench.gemini.callLlm(['e', large()]));
    expect(bench.kinds()).toEqual({ ...uploads, ask: 5 });
  });

  it('by the next call where the first failed or was aborted', async () => {
    const bench = fileBench({ simulated: { script: [{ fault: '400', when: { operation: 'files.start' } }] } });
    const abort = new AbortController();
    bench.runtime.setTimer(75, () => abort.abort(new Error('mine')));
    // One after the other, whatever order the disk answers in.
    const later = (ms: number, text: string, options: LlmOptions = {}) =>
      bench.runtime.sleep(ms).then(() => bench.gemini.callLlm([text, large()], options));
    const [one, two, three] = await bench.runtime.settle(
      Promise.all([rejection(later(1, 'a')), rejection(later(10, 'b', { signal: abort.signal })), later(20, 'c')]),
    );
    expect(one).toMatchObject({ failure: { reason: 'invalid-argument' } });
    expect(two).toMatchObject({ message: 'mine' });
    expect(three.text).not.toBe('');
    expect(await bench.stored()).toHaveLength(1);
  });

  test.each<[what: string, change: () => void | Promise<void>]>([
    ['it has changed', () => utimesSync(inFolder('large.pdf'), new Date(), new Date(Date.now() - 5_000))],
  ])('again, where %s', async (_what, change) => {
    const bench = fileBench();
    await bench.runtime.settle(bench.gemini.callLlm(['a', large()]));
    await change();
    await bench.runtime.settle(bench.gemini.callLlm(['b', large()]));
    expect(bench.kinds()).toEqual({ start: 2, 'upload, finalize': 2, ask: 2 });
  });

  it('again, where the API keeps it no longer, or says that it has it no longer', async () => {
    const bench = fileBench();
    await bench.runtime.settle(bench.gemini.callLlm(['a', large()]));
    bench.runtime.advance(47.5 * 3_600_000);
    await bench.runtime.settle(bench.gemini.callLlm(['b', large()]));
    expect(bench.kinds()).toMatchObject({ start: 2 });
    bench.service.enqueue({ fault: '403', when: { operation: 'generateContent' } });
    await bench.runtime.settle(rejection(bench.gemini.callLlm(['c', large()])));
    await bench.runtime.settle(bench.gemini.callLlm(['d', large()]));
    expect(bench.kinds()).toMatchObject({ start: 3 });
  });

  it('small ones too, where they are too many for one request', async () => {
    const bench = fileBench();
    const files = [1, 2, 3, 4].map(seed => ({ file: someBytes(3.5 * 1024 * 1024, seed), mimeType: 'image/png' }));
    await bench.runtime.settle(bench.gemini.callLlm(['Which?', ...files]));
    expect(lastParts(bench).map(part => Object.keys(part)[0])).toEqual([
      'text',
      'inlineData',
      'inlineData',
      'inlineData',
      'fileData',
    ]);
    expect(bench.sent.at(-1)?.body.length).toBeLessThan(20_000_000);
  });

  it('is no use on Vertex, which says so before anything is sent', async () => {
    const bench = fileBench({
      client: {
        vertexai: true,
        project: 'p',
        location: 'l',
        apiKey: undefined,
        googleAuthOptions: { authClient: { getRequestHeaders: async () => new Headers() } as never },
      },
    });
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm(['a', large()])));
    expect(error).toMatchObject({ failure: { reason: 'client-config', rule: 'no-files-on-vertex' } });
    expect(bench.sent).toEqual([]);
  });
});

describe('what is elsewhere', () => {
  test.each<[address: string, stated: string | undefined, mimeType: string | undefined]>([
    ['gs://bucket/a.pdf', undefined, 'application/pdf'],
    ['gs://bucket/a.pdf', 'text/plain', 'text/plain'],
    ['gs://bucket/without', undefined, undefined],
    ['https://www.youtube.com/watch?v=9hE5-98ZeCg', undefined, undefined],
    ['https://youtu.be/9hE5-98ZeCg', 'video/mp4', 'video/mp4'],
    ['https://generativelanguage.googleapis.com/v1beta/files/abc', undefined, undefined],
  ])('%s is read by the API itself (type stated: %s)', async (address, stated, mimeType) => {
    const bench = fileBench();
    await bench.runtime.settle(bench.gemini.callLlm(['What?', { file: new URL(address), mimeType: stated }]));
    expect(lastParts(bench)[1]).toEqual({ fileData: { fileUri: address, ...(mimeType && { mimeType }) } });
    expect(bench.kinds()).toEqual({ ask: 1 });
  });

  test.each([
    'https://generativelanguage.googleapis.com.example/v1beta/files/abc',
    'https://notyoutube.com.example/watch?v=a',
    'http://www.youtube.com.example/watch',
  ])('%s is not', async address => {
    const headers = { 'content-type': 'text/plain' };
    const bench = fileBench({ elsewhere: () => new Response('hello', { headers }) });
    await bench.runtime.settle(bench.gemini.callLlm([{ file: address }]));
    expect(bench.kinds()).toEqual({ fetch: 1, ask: 1 });
  });

  it('an abort ends the fetch at once', async () => {
    let gone = 0;
    const elsewhere = (_url: URL, { signal }: RequestInit): Promise<Response> =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          gone += 1;
          reject(signal.reason);
        });
      });
    const bench = fileBench({ elsewhere });
    const abort = new AbortController();
    const reason = new Error('enough');
    bench.runtime.setTimer(500, () => abort.abort(reason));
    const startMs = bench.runtime.now();
    const asked = bench.gemini.callLlm([{ file: 'https://files.example/a' }], { signal: abort.signal });
    expect(await bench.runtime.settle(rejection(asked))).toBe(reason);
    expect([gone, bench.runtime.now() - startMs]).toEqual([1, 500]);
  });

  it('every other address is fetched, as often as it takes, and without a key', async () => {
    let tries = 0;
    const elsewhere = (): Response => {
      tries += 1;
      if (tries === 1) return new Response('busy', { status: 503 });
      if (tries === 2)
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
      return new Response('hello', { headers: { 'content-type': 'image/png; charset=x' } });
    };
    const bench = fileBench({ elsewhere });
    const url = new URL('https://files.example/some/picture');
    const { attempts } = await bench.runtime.settle(bench.gemini.callLlm(['What?', { file: url }]));
    expect(lastParts(bench)[1]).toEqual({ inlineData: { mimeType: 'image/png', data: hello } });
    expect(attempts).toHaveLength(4);
    const fetched = bench.sent.filter(one => one.url.host === url.host);
    expect(fetched).toHaveLength(3);
    for (const { headers } of fetched) expect([...headers.keys()]).toEqual(['accept']);
  });

  it('the type is what the server says, or what the name says where the server says nothing', async () => {
    const headers = { 'content-type': 'application/octet-stream' };
    const bench = fileBench({ elsewhere: () => new Response('hello', { headers }) });
    await bench.runtime.settle(bench.gemini.callLlm([{ file: 'https://files.example/a.pdf' }]));
    expect(lastParts(bench)).toMatchObject([{ inlineData: { mimeType: 'application/pdf' } }]);
  });

  test.each<[what: string, answer: () => Response, reason: string]>([
    ['is not there', () => new Response('no', { status: 404 }), 'file-not-found'],
    ['is empty', () => new Response('', { headers: { 'content-type': 'image/png' } }), 'client-config'],
    ['is of no known type', () => new Response(new Uint8Array(3)), 'client-config'],
    [
      'says that it is too large',
      () => new Response('x', { headers: { 'content-length': '999999999', 'content-type': 'image/png' } }),
      'payload-too-large',
    ],
  ])('what %s fails, and the model is not asked', async (_what, answer, reason) => {
    const bench = fileBench({ elsewhere: answer });
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm([{ file: 'https://files.example/a' }])));
    expect(error).toMatchObject({ failure: { reason } });
    expect(bench.kinds()).toEqual({ fetch: 1 });
  });

  const statuses: readonly (readonly [status: number, expected: string, attempts: number])[] = [
    [400, 'request/file-not-found', 1],
    [401, 'request/file-not-found', 1],
    [403, 'request/file-not-found', 1],
    [404, 'request/file-not-found', 1],
    [429, 'quota/quota-unspecified', 3],
    [500, 'server/internal', 4],
    [503, 'server/unavailable', 4],
  ];
  test.each(statuses)('a host that answers %i is no word of the API’s: %s', async (status, expected, attempts) => {
    const bench = fileBench({ elsewhere: () => new Response('no', { status }) });
    const file = 'https://files.example/a.txt?signature=hunter2-hunter2';
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm(['What?', { file }])));
    if (!isGeminiError(error)) return expect.fail('no error of ours');
    const { errorClass, reason, rule, message, advice } = error.failure;
    expect([`${errorClass}/${reason}`, error.attempts.length, rule]).toEqual([expected, attempts, 'file-not-fetched']);
    expect(message).toBe(`prompt[1].file could not be fetched: files.example answered with status ${status}.`);
    expect(advice).not.toMatch(/key|model|upload|credential/i);
    expect(inspect([error, bench.events], { depth: 9 })).not.toContain('hunter2');
  });

  test.each<[what: string, code: string | undefined, reason: string]>([
    ['getaddrinfo ENOTFOUND', 'ENOTFOUND', 'dns'],
    ['bad port', undefined, 'client-config'],
  ])('a host that cannot be reached (%s) is named, and its address is not', async (what, code, reason) => {
    const address = 'https://files.example/a.txt?signature=hunter2-hunter2';
    const elsewhere = (): Response => {
      const cause = Object.assign(new Error(`${what} for ${address}`), code && { code });
      throw new TypeError(`fetch failed: ${address}`, { cause });
    };
    const bench = fileBench({ elsewhere });
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm([{ file: address }])));
    expect(error).toMatchObject({
      failure: { reason, rule: 'file-not-fetched', message: expect.stringContaining('prompt[0].file') },
    });
    expect(Object(error).failure.advice).not.toMatch(/key|model|base URL/i);
    expect(JSON.stringify([error, bench.events])).toContain('files.example');
    expect(JSON.stringify([error, bench.events])).not.toContain('hunter2');
  });

  test.each<[name: string, mimeType: string | undefined, isRefused: boolean]>([
    ['a.pdf', undefined, true],
    ['a.PNG', undefined, true],
    ['a.pdf', 'text/html', false],
    ['a.html', undefined, false],
    ['a.php', undefined, false],
    ['a', undefined, false],
  ])('a page where %s (type stated: %s) was expected is refused: %s', async (name, mimeType, isRefused) => {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    const bench = fileBench({ elsewhere: () => new Response('<p>Log in.', { headers }) });
    const asked = bench.gemini.callLlm([{ file: `https://files.example/${name}?token=hunter2`, mimeType }]);
    const error = await bench.runtime.settle(rejection(asked));
    expect(isGeminiError(error)).toBe(isRefused);
    if (isRefused) expect(error).toMatchObject({ failure: { reason: 'invalid-media', rule: 'file-is-a-page' } });
    if (isRefused) expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(bench.kinds()).toEqual({ fetch: 1, ...(!isRefused && { ask: 1 }) });
  });

  it('a server that never answers is given up with the call', async () => {
    const bench = fileBench({ elsewhere: () => new Promise(() => {}) });
    const startMs = bench.runtime.now();
    const asked = bench.gemini.callLlm([{ file: 'https://files.example/a' }], { deadlineMs: 5_000 });
    const error = await bench.runtime.settle(rejection(asked));
    expect(error).toMatchObject({ failure: { reason: 'timeout' } });
    expect(bench.runtime.now() - startMs).toBeLessThanOrEqual(5_000);
  });

  it('a server that never ends is cut off', async () => {
    let sentBytes = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      sentBytes += 1024 * 1024;
      controller.enqueue(new Uint8Array(1024 * 1024));
    };
    const headers = { 'content-type': 'video/mp4' };
    const bench = fileBench({ elsewhere: () => new Response(new ReadableStream({ pull }), { headers }) });
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm([{ file: 'https://files.example/a' }])));
    expect(error).toMatchObject({ failure: { reason: 'payload-too-large' } });
    expect(sentBytes).toBeLessThan(104 * 1024 * 1024);
  });
});

describe('what cannot be sent is refused before anything is', () => {
  const refused: readonly (readonly [what: string, file: () => unknown, message: RegExp])[] = [
    ['a path with nothing there', () => inFolder('missing.pdf'), /ENOENT.* must be a file that is there/],
    ['a directory', () => inFolder('folder.pdf'), /is a directory/],
    ['an empty file', () => inFolder('nothing.pdf'), /is an empty file/],
    ['no bytes', () => new Uint8Array(0), /unknown type|empty file/],
    ['an unknown extension', () => inFolder('unknown.xyzzy'), /unknown type.*mimeType/],
    ['no extension', () => inFolder('README'), /unknown type.*mimeType/],
    ['bytes without a type', () => Buffer.from('hello'), /unknown type.*mimeType/],
    ['a Blob without a type', () => new Blob(['hello']), /unknown type.*mimeType/],
    ['nothing', () => '', /is empty/],
    ['a number', () => 7, /is 7/],
    ['another protocol', () => new URL('ftp://a/b'), /is an address of ftp:.*https:\/\/.*gs:\/\//],
    ['another protocol as text', () => 'ftp://a/b.pdf', /begins with ftp:.*a URL/],
    ['an address that holds the data', () => 'data:image/png;base64,AAAA', /begins with data:.*bytes or a Blob/],
    ['an address of a Blob', () => 'blob:nodedata:abc', /begins with blob:.*bytes or a Blob/],
    ['half an address', () => 'file:/a.pdf', /begins with file:.*file:\/\//],
    ['an address with a password', () => 'https://me:hunter2@files.example/a.pdf', /a user name or a password/],
    ['a URL with a user name', () => new URL('https://hunter2@files.example/a.pdf'), /a user name or a password/],
    ['an address that is none', () => 'https://', /address/],
  ];
  test.each(refused)('%s', async (_what, file, message) => {
    const bench = fileBench();
    const parts = ['What?', { file: inFolder('large.pdf') }, { file: file() as FileSource }];
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm(parts)));
    expect(error).toMatchObject({
      message: expect.stringMatching(message),
      failure: { reason: 'client-config', delivery: 'unsent', evidence: 'prompt[2].file' },
    });
    const alone = await bench.runtime.settle(rejection(bench.gemini.uploadFile(file() as FileSource)));
    expect(alone).toMatchObject({ failure: { reason: 'client-config', evidence: 'file' } });
    expect(`${inspect(error)} ${inspect(alone)}`).not.toMatch(/hunter2|AAAA/);
    expect(bench.sent).toEqual([]);
  });

  test.each<[what: string, part: object, field: string]>([
    ['a type that is none', { file: 'a.pdf', mimeType: 'pdf' }, 'prompt[0].mimeType'],
    ['a name that is too long', { file: 'a.pdf', displayName: 'x'.repeat(513) }, 'prompt[0].displayName'],
    ['an option that is none', { file: 'a.pdf', mimetype: 'a/b' }, 'prompt[0].mimetype'],
  ])('%s', async (_what, part, evidence) => {
    const bench = fileBench();
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm([part as PromptPart])));
    expect(error).toMatchObject({ failure: { reason: 'client-config', evidence } });
  });

  it('no part at all', async () => {
    const bench = fileBench();
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm([])));
    expect(error).toMatchObject({ failure: { reason: 'client-config', evidence: 'prompt' } });
    expect(bench.sent).toEqual([]);
  });

  it('a file of more than the API takes', async () => {
    const bench = fileBench();
    const huge = Object.defineProperty(new Blob(['x'], { type: 'video/mp4' }), 'size', { value: 2 ** 31 + 1 });
    const error = await bench.runtime.settle(rejection(bench.gemini.uploadFile(huge)));
    expect(error).toMatchObject({
      failure: { reason: 'client-config', message: expect.stringContaining('2147483649 bytes') },
    });
  });

  it('no path and no content stands in an error or an event', async () => {
    const bench = fileBench({ simulated: { script: ['400', '400', '400'] } });
    const parts = ['What?', { file: inFolder('large.pdf'), displayName: 'secret-name' }];
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm(parts)));
    const shown = JSON.stringify([error, bench.events]);
    for (const word of [folder, 'large.pdf', 'secret-name', 'test-key']) expect(shown).not.toContain(word);
  });
});
