import { describe, expect, it, test } from 'vitest';
import { GeminiCore, isGeminiError, type UploadProgress } from '../../index.ts';
import type { ScriptStep } from '../../simulator/index.ts';
import { fileBench, hashOf, someBytes } from './fileBench.ts';
import { rejection } from './modelBench.ts';

const mebi = 1024 * 1024;
/** Three pieces: two of eight MiB, and the rest. */
const size = 17 * mebi + 5;
const bytes = someBytes(size);
const hash = hashOf(bytes);
const binary = { mimeType: 'application/pdf' };

describe('uploadFile', () => {
  it('sends the pieces in order, waits until the file is ready, and gives a part', async () => {
    const bench = fileBench({ simulated: { fileProcessing: { polls: 3 } } });
    const { runtime, gemini, sent, stored, kinds } = bench;
    const progress: UploadProgress[] = [];
    const onProgress = (one: UploadProgress): unknown => progress.push(one);
    const startedMs = runtime.now();
    const file = await runtime.settle(gemini.uploadFile(bytes, { ...binary, displayName: 'a paper', onProgress }));
    expect(file).toMatchObject({
      fileData: { fileUri: expect.stringMatching(/\/files\/[0-9a-z]{24}$/), mimeType: 'application/pdf' },
      sizeBytes: size,
      file: { state: 'ACTIVE', displayName: 'a paper' },
    });
    expect(file.expiresAt?.getTime()).toBeGreaterThan(runtime.wallClock() + 47 * 3_600_000);
    expect(kinds()).toEqual({ start: 1, upload: 2, 'upload, finalize': 1, get: 3 });
    expect(file.attempts).toHaveLength(7);
    expect(runtime.now() - startedMs).toBeCloseTo(7 * 50 + 500 + 750 + 1_125, 0);
    const sentBytes = [0, 8 * mebi, 16 * mebi, size];
    expect(progress).toEqual(sentBytes.map(one => ({ sentBytes: one, totalBytes: size })));
    expect(bench.events.flatMap(event => (event.type === 'upload-progress' ? event.sentBytes : []))).toEqual(sentBytes);
    expect(await stored()).toEqual([hash]);
    expect(sent.map(({ headers }) => headers.get('x-goog-api-key'))).toEqual(sent.map(() => 'test-key'));
  });

  it('the file is a part of a prompt, and of the official client’s', async () => {
    const { runtime, gemini, sent } = fileBench();
    const file = await runtime.settle(gemini.uploadFile(new Blob(['hello'], { type: 'text/plain' })));
    await runtime.settle(gemini.callLlm(['What is in it?', file]));
    await runtime.settle(gemini.sdk.models.generateContent({ model: 'm', contents: [file, 'What is in it?'] }));
    const parts = sent.slice(-2).map(({ body }) => JSON.parse(body).contents[0].parts);
    expect(parts).toEqual([
      [{ text: 'What is in it?' }, { fileData: file.fileData }],
      [{ fileData: file.fileData }, { text: 'What is in it?' }],
    ]);
  });

  it('a file that the server cannot process ends in its words', async () => {
    const failure = 'The video has no frames.';
    const { runtime, gemini } = fileBench({ simulated: { fileProcessing: { polls: 2, failure } } });
    const error = await runtime.settle(rejection(gemini.uploadFile(someBytes(10), binary)));
    expect(error).toMatchObject({ failure: { reason: 'file-not-active', message: failure, retryable: false } });
  });

  it('a file that is not ready in time fails before the deadline, and says so', async () => {
    const { runtime, gemini } = fileBench({ simulated: { fileProcessing: { polls: 900 } } });
    const startedMs = runtime.now();
    const error = await runtime.settle(rejection(gemini.uploadFile(someBytes(10), { ...binary, deadlineMs: 60_000 })));
    expect(error).toMatchObject({ failure: { reason: 'file-not-active', evidence: 'deadlineMs 60000' } });
    expect(runtime.now() - startedMs).toBeLessThan(60_000);
  });

  it('the key goes to nobody but the host that it was given for', async () => {
    const seen: [string, string | null][] = [];
    const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
      const { origin } = new URL(String(input));
      const headers = new Headers(init.headers);
      seen.push([origin, headers.get('x-goog-api-key')]);
      if (headers.get('x-goog-upload-command') === 'start')
        return new Response('{}', { headers: { 'x-goog-upload-url': 'https://other.example/bytes' } });
      const file = { name: 'files/a', uri: 'https://other.example/files/a', mimeType: 'application/pdf' };
      return Response.json({ file }, { headers: { 'x-goog-upload-status': 'final' } });
    };
    const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, httpOptions: { fetch } });
    await gemini.uploadFile(someBytes(10), binary);
    expect(seen).toEqual([
      ['https://generativelanguage.googleapis.com', 'test-key'],
      ['https://other.example', null],
    ]);
  });

  it('whoever watches and throws costs nothing', async () => {
    const { runtime, gemini } = fileBench();
    const onProgress = (): never => {
      throw new Error('mine');
    };
    await runtime.settle(gemini.uploadFile(someBytes(10), { ...binary, onProgress }));
  });
});

type Kinds = Readonly<Record<string, number>>;

const healthy: Kinds = { start: 1, upload: 2, 'upload, finalize': 1 };
const more = (added: Kinds): Kinds => {
  const sum: Record<string, number> = { ...healthy };
  for (const [kind, count] of Object.entries(added)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
};

const at = (nth: number) => ({ operation: 'files.upload', nth }) as const;
const start = { operation: 'files.start' } as const;
const get = { operation: 'files.get' } as const;

// Of the three pieces the first is the first sending to its address, the second the second, the last the third.
const faults: readonly (readonly [what: string, script: readonly ScriptStep[], requests: Kinds])[] = [
  ['nothing', [], healthy],
  ['start: 503', [{ fault: '503', when: start }], more({ start: 1 })],
  ['start: reset', [{ fault: 'reset-before-headers', when: start }], more({ start: 1 })],
  ['start: lost answer', [{ fault: 'reset-before-headers', work: 'done', when: start }], more({ start: 1 })],
  ['start: cut answer', [{ fault: 'reset-mid-body', when: start }], more({ start: 1 })],
  ['start: an answer without an address', [{ fault: '200-empty', when: start }], more({ start: 1 })],
  ['start: an error inside a 200', [{ fault: '200-error-body', when: start }], more({ start: 1 })],
  ['first piece: 503', [{ fault: '503', when: at(1) }], more({ upload: 1, query: 1 })],
  ['first piece: reset', [{ fault: 'reset-before-headers', when: at(1) }], more({ upload: 1, query: 1 })],
  ['first piece: half of it', [{ fault: 'upload-cut', when: at(1) }], more({ upload: 1, query: 1 })],
  ['first piece: lost answer', [{ fault: 'reset-before-headers', work: 'done', when: at(1) }], more({ query: 1 })],
  ['first piece: cut answer', [{ fault: 'reset-mid-body', when: at(1) }], more({ query: 1 })],
  ['first piece: an answer that says nothing', [{ fault: '200-empty', when: at(1) }], more({ query: 1 })],
  ['second piece: 503', [{ fault: '503', when: at(2) }], more({ upload: 1, query: 1 })],
  ['second piece: half of it', [{ fault: 'upload-cut', when: at(2) }], more({ upload: 1, query: 1 })],
  ['second piece: lost answer', [{ fault: 'reset-before-headers', work: 'done', when: at(2) }], more({ query: 1 })],
  [
    'second piece: the query fails as well',
    [
      { fault: 'reset-before-headers', when: at(2) },
      { fault: '503', when: at(3) },
    ],
    more({ upload: 1, query: 2 }),
  ],
  [
    'second piece: lost, and the query’s answer too',
    [
      { fault: 'reset-before-headers', work: 'done', when: at(2) },
      { fault: 'reset-before-headers', work: 'done', when: at(3) },
    ],
    more({ query: 2 }),
  ],
  ['last piece: 503', [{ fault: '503', when: at(3) }], more({ 'upload, finalize': 1, query: 1 })],
  ['last piece: reset', [{ fault: 'reset-before-headers', when: at(3) }], more({ 'upload, finalize': 1, query: 1 })],
  ['last piece: half of it', [{ fault: 'upload-cut', when: at(3) }], more({ 'upload, finalize': 1, query: 1 })],
  [
    'last piece: lost answer',
    [{ fault: 'reset-before-headers', work: 'done', when: at(3) }],
    more({ query: 1, get: 1 }),
  ],
  ['last piece: cut answer', [{ fault: 'reset-mid-body', when: at(3) }], more({ query: 1, get: 1 })],
  ['last piece: garbled answer', [{ fault: 'reset-after-headers', when: at(3) }], more({ query: 1, get: 1 })],
];

describe('whatever breaks, the bytes arrive once, and one file is created', () => {
  test.each(faults)('%s', async (_what, script, requests) => {
    const { runtime, service, gemini, stored, kinds } = fileBench({ simulated: { script } });
    const { fileData, sizeBytes } = await runtime.settle(gemini.uploadFile(bytes, binary));
    expect(fileData.fileUri).toMatch(/\/files\//);
    expect(sizeBytes).toBe(size);
    expect(kinds()).toEqual(requests);
    expect(await stored()).toEqual([hash]);
    expect(service.scriptLeft).toBe(0);
  });

  test.each<[what: string, script: readonly ScriptStep[], gets: number]>([
    ['503', [{ fault: '503', when: get }], 4],
    ['reset', [{ fault: 'reset-before-headers', when: get }], 4],
    ['cut answer, of which one look is spent', [{ fault: 'fin-mid-body', when: get }], 3],
  ])('asking whether it is ready: %s', async (_what, script, gets) => {
    const { runtime, gemini, stored, kinds } = fileBench({ simulated: { script, fileProcessing: { polls: 3 } } });
    await runtime.settle(gemini.uploadFile(someBytes(100), binary));
    expect(kinds()).toEqual({ start: 1, 'upload, finalize': 1, get: gets });
    expect(await stored()).toHaveLength(1);
  });

  test('retries that are spent end in one error with every attempt, and create nothing', async () => {
    const script = [{ fault: '503', times: 50, when: { operation: 'files.upload' } }] as const;
    const { runtime, gemini, stored } = fileBench({
      simulated: { script },
      client: { retry: { maxRetries: 2 }, breaker: false, concurrency: false },
    });
    const error = await runtime.settle(rejection(gemini.uploadFile(bytes, binary)));
    expect(isGeminiError(error) && [error.failure.reason, error.attempts.length]).toEqual(['overloaded', 4]);
    expect(await stored()).toEqual([]);
  });
});

describe('an abort ends an upload at once, and nothing is sent after it', () => {
  test.each<[phase: string, afterMs: number, fault: ScriptStep]>([
    ['the start', 20, 'ok'],
    ['the first piece', 75, 'ok'],
    ['the last piece', 175, 'ok'],
    ['a hung piece', 5_000, { fault: 'stall-before-headers', when: at(2) }],
    ['a wait before another try', 110, { fault: '503-retry-after', when: at(1) }],
    ['a query', 20_000, { fault: 'stall-before-headers', when: at(2) }],
    ['the wait until it is ready', 1_000, 'ok'],
  ])('%s', async (_phase, afterMs, fault) => {
    const first: ScriptStep[] = afterMs === 20_000 ? [{ fault: '503', when: at(1) }, fault] : [fault];
    const { runtime, service, gemini, sent } = fileBench({
      simulated: { script: first, fileProcessing: { polls: 100 } },
    });
    const abort = new AbortController();
    const reason = new Error('enough');
    let abortedAtMs = 0;
    let sentBefore = 0;
    runtime.setTimer(afterMs, () => {
      abortedAtMs = runtime.now();
      sentBefore = sent.length;
      abort.abort(reason);
    });
    const error = await runtime.settle(rejection(gemini.uploadFile(bytes, { ...binary, signal: abort.signal })));
    expect(error).toBe(reason);
    expect(runtime.now() - abortedAtMs).toBeLessThan(100);
    runtime.advance(600_000);
    await new Promise(resolve => setImmediate(resolve));
    expect(sent.length).toBe(sentBefore);
    expect(service.ledger.requests.filter(({ closedAtMs }) => closedAtMs === undefined)).toEqual([]);
  });
});
