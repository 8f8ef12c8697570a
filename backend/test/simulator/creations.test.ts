import type { GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { ask } from './ask.ts';
import { sdkOn } from './seen.ts';

let simulator: Simulator;
let sdk: GoogleGenAI;
beforeAll(async () => {
  simulator = await startSimulator();
  sdk = sdkOn(simulator.url);
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const model = 'gemini-2.5-flash';
const operationsSeen = (): readonly string[] => simulator.ledger.requests.map(({ operation }) => operation);

describe('what creates something', () => {
  test('a file is uploaded in two requests, read, downloaded, listed and deleted', async () => {
    const file = await sdk.files.upload({
      file: new Blob(['hello file'], { type: 'text/plain' }),
      config: { displayName: 'greeting' },
    });
    expect(file).toMatchObject({ state: 'ACTIVE', sizeBytes: '10', mimeType: 'text/plain', displayName: 'greeting' });
    expect(operationsSeen()).toEqual(['files.start', 'files.upload']);
    const name = file.name ?? '';
    expect((await sdk.files.get({ name })).name).toBe(name);
    const bytes = await fetch(`${simulator.url}/v1/${name}:download?alt=media`, {
      headers: { 'x-goog-api-key': 'any' },
    });
    expect(await bytes.text()).toBe('hello file');
    const listed: unknown[] = [];
    for await (const found of await sdk.files.list()) listed.push(found.name);
    expect(listed).toEqual([name]);
    await sdk.files.delete({ name });
    await expect(sdk.files.get({ name })).rejects.toMatchObject({ status: 403 });
  });

  test('the state of an upload can be asked for, and an ended one takes nothing more', async () => {
    const send = (url: string, headers: Record<string, string>, body = ''): Promise<Response> =>
      fetch(url, { method: 'POST', headers: { 'x-goog-api-key': 'any', ...headers }, body });
    const started = await send(
      `${simulator.url}/upload/v1beta/files`,
      { 'x-goog-upload-command': 'start', 'content-type': 'application/json' },
      '{}',
    );
    const url = started.headers.get('x-goog-upload-url') ?? '';
    await send(url, { 'x-goog-upload-command': 'upload', 'x-goog-upload-offset': '0' }, 'abc');
    const state = await send(url, { 'x-goog-upload-command': 'query' });
    expect([state.headers.get('x-goog-upload-status'), state.headers.get('x-goog-upload-size-received')]).toEqual([
      'active',
      '3',
    ]);
    expect((await send(url, { 'x-goog-upload-command': 'upload', 'x-goog-upload-offset': '0' }, 'abc')).status).toBe(
      400,
    );
    const end = { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '3' };
    expect((await send(url, end, 'de')).headers.get('x-goog-upload-status')).toBe('final');
    expect((await send(url, end, 'de')).status).toBe(400);
  });

  test('a file is processed for as many looks as were asked for, and then ready or not', async () => {
    for (const failure of [undefined, 'No frames.']) {
      const fileProcessing = { polls: 2, ...(failure !== undefined && { failure }) };
      await using slow = await startSimulator({ fileProcessing });
      const files = sdkOn(slow.url).files;
      const { name = '', state } = await files.upload({ file: new Blob(['x'], { type: 'video/mp4' }) });
      const seen = [state, (await files.get({ name })).state];
      const end = await files.get({ name });
      expect([...seen, end.state]).toEqual(['PROCESSING', 'PROCESSING', failure === undefined ? 'ACTIVE' : 'FAILED']);
      expect(end.error?.message).toBe(failure);
    }
  });

  test('of an upload that is cut the service keeps what arrived, and a name is given out once', async () => {
    const send = (url: string, headers: Record<string, string>, body: string): Promise<Response> =>
      fetch(url, { method: 'POST', headers: { 'x-goog-api-key': 'any', ...headers }, body });
    const json = { 'x-goog-upload-command': 'start', 'content-type': 'application/json' };
    const start = (): Promise<Response> =>
      send(`${simulator.url}/upload/v1/files`, json, '{"file":{"name":"files/mine"}}');
    const url = (await start()).headers.get('x-goog-upload-url') ?? '';
    simulator.enqueue('upload-cut');
    const end = { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0' };
    await expect(send(url, end, 'abcd')).rejects.toThrow('fetch failed');
    const state = await send(url, { 'x-goog-upload-command': 'query' }, '');
    expect(state.headers.get('x-goog-upload-size-received')).toBe('2');
    await send(url, { ...end, 'x-goog-upload-offset': '2' }, 'cd');
    expect((await start()).status).toBe(409);
    await sdk.files.delete({ name: 'files/mine' });
  });

  test('caches, batches and interactions are created once for each request', async () => {
    const cache = await sdk.caches.create({ model, config: { contents: 'long text', displayName: 'c' } });
    expect((await sdk.caches.get({ name: cache.name ?? '' })).name).toBe(cache.name);
    const batch = await sdk.batches.create({
      model,
      src: [{ contents: [{ parts: [{ text: 'hi' }] }] }],
      config: { displayName: 'b' },
    });
    expect(batch).toMatchObject({ name: expect.stringMatching(/^batches\//), state: 'JOB_STATE_PENDING' });
    const interaction = await sdk.interactions.create({ model, input: 'hi' });
    expect(JSON.stringify(interaction)).toContain('Echo: hi');
    expect(operationsSeen()).toEqual(['caches.create', 'caches.get', 'batches.create', 'interactions.create']);
  });

  test('a lost answer leaves the created thing behind where the step says that the work is done', async () => {
    const count = async (): Promise<number> => {
      let found = 0;
      for await (const cache of await sdk.caches.list()) found += cache.name === undefined ? 0 : 1;
      return found;
    };
    const before = await count();
    simulator.enqueue({ fault: 'reset-before-headers', work: 'done', when: { operation: 'caches.create' } });
    await expect(sdk.caches.create({ model, config: { contents: 'x' } })).rejects.toThrow('fetch failed');
    expect(await count()).toBe(before + 1);
  });
});

describe('the door', () => {
  test('keys: none is refused, a wrong one only where right ones are named', async () => {
    await using strict = await startSimulator({ apiKeys: ['right'], models: ['known'] });
    expect((await ask(simulator.url, 'hi', { key: '' })).status).toBe(403);
    expect((await ask(simulator.url, 'hi', { key: 'whatever' })).status).toBe(200);
    const wrong = await ask(strict.url, 'hi', { key: 'wrong', model: 'known' });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({
      error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] },
    });
    expect((await ask(strict.url, 'hi', { key: 'right', model: 'known' })).status).toBe(200);
    expect((await ask(strict.url, 'hi', { key: 'right', model: 'unknown' })).status).toBe(404);
    expect(strict.ledger.countBy('fault')).toEqual({ 'key-refused': 1, none: 2 });
    expect(strict.ledger.countBy('billed')).toEqual({ none: 2, done: 1 });
  });

  test.each(['/', '/v1/nonsense', '/v1/models/x:unheardOf', '/%zz', '/v1beta/files/a:b:c'])(
    '%s is a 404 and no crash',
    async path => {
      expect((await fetch(`${simulator.url}${path}`, { headers: { 'x-goog-api-key': 'any' } })).status).toBe(404);
    },
  );

  test('an answer function that throws is reported in its place', async () => {
    await using broken = await startSimulator({
      answer: () => {
        throw new Error('no idea');
      },
    });
    const response = await ask(broken.url, 'hi');
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('no idea');
  });
});
