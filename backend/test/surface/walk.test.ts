/** Every networking method of the official client on the seam, with one fault at each of its HTTP exchanges in turn. */

import { GoogleGenAI } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { GeminiCore } from '../../index.ts';
import { type ScriptStep, type SimulatedFetch, simulatedFetch } from '../../simulator/index.ts';
import { type Clients, type Made, type Method, methods, notWalked } from './methods.ts';

const collections = ['interactions', 'webhooks', 'agents', 'triggers', 'environments', 'credentials', 'voices'];

async function post(service: SimulatedFetch, path: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-goog-api-key': 'test-key' };
  const url = `https://generativelanguage.googleapis.com/v1/${path}`;
  const response = await service.fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const { name, id } = (await response.json()) as { name?: string; id: string };
  return name ?? `${path}/${id}`;
}

/** Two of everything, so that lists have two pages; the first is what is asked for. */
async function make(service: SimulatedFetch): Promise<Made> {
  const gemini = new GoogleGenAI({ apiKey: 'test-key', httpOptions: { fetch: service.fetch } });
  const twice = async (path: string, body: object): Promise<string> => {
    const name = await post(service, path, body);
    await post(service, path, body);
    return name;
  };
  const file = await gemini.files.upload({ file: new Blob(['one'], { type: 'text/plain' }) });
  await gemini.files.upload({ file: new Blob(['two'], { type: 'text/plain' }) });
  const store = await twice('fileSearchStores', {});
  const id: Record<string, string> = {};
  for (const name of collections) id[name] = (await twice(name, { model: 'm', input: 'Hello.' })).split('/')[1] ?? '';
  await post(service, `triggers/${id['triggers']}/executions`, {});
  return {
    id,
    store,
    file: file.name ?? '',
    cache: await twice('cachedContents', { model: 'models/m' }),
    batch: await twice('models/m:batchGenerateContent', {}),
    document: await twice(`${store}/documents`, {}),
    tuned: await twice('tunedModels', {}),
    job: await twice('tuningJobs', {}).then(name => `projects/p/locations/us-central1/${name}`),
  };
}

function clientsOf(service: SimulatedFetch): Clients {
  const common = {
    environment: {},
    runtime: { sleep: async () => {}, random: () => 0.5 },
    httpOptions: { fetch: service.fetch },
  };
  const getRequestHeaders = async (): Promise<Headers> => new Headers({ authorization: 'Bearer test-token' });
  const authClient = { getRequestHeaders } as never;
  return {
    gemini: new GeminiCore({ apiKey: 'test-key', ...common }).sdk,
    vertex: new GeminiCore({
      vertexai: true,
      project: 'p',
      location: 'us-central1',
      googleAuthOptions: { authClient },
      ...common,
    }).sdk,
  };
}

interface Walked {
  /** What it gave, or what it threw. */
  readonly result: string;
  readonly failed: boolean;
  readonly requests: readonly string[];
}

/** Headers, and the number of an answer, are another's where a request was carried out twice. */
const withoutNumbers = (name: string, value: unknown): unknown =>
  name === 'sdkHttpResponse' || name === 'responseId' ? undefined : value;

async function walk({ run }: Method, script: readonly ScriptStep[]): Promise<Walked> {
  // A clock that stands still: all runs give the same.
  const service = simulatedFetch({ runtime: { now: () => 0, wallClock: () => 0 } });
  const made = await make(service);
  const before = service.ledger.requests.length;
  service.enqueue(...script);
  const ended = await Promise.resolve(run(clientsOf(service), made)).then(
    value => ({ failed: false, result: JSON.stringify(value, withoutNumbers) ?? 'nothing' }),
    (error: unknown) => ({ failed: true, result: String(error) }),
  );
  const requests = service.ledger.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
  return { ...ended, requests };
}

const at = (place: number, step: ScriptStep): readonly ScriptStep[] =>
  place === 0 ? [step] : [{ fault: 'ok', times: place }, step];

/** The requests, with the one at this place sent twice. */
const repeated = (requests: readonly string[], place: number): readonly string[] =>
  requests.toSpliced(place, 0, requests[place] ?? '');

describe('every method, every exchange', () => {
  it.concurrent.each(methods.map(method => [method.name, method] as const))('%s', async (_name, method) => {
    const clean = await walk(method, []);
    expect(clean).toMatchObject({ failed: false });
    expect(clean.requests.length).toBeGreaterThan(0);
    for (const place of clean.requests.keys()) {
      // Refused: sent again, whatever it is, and nothing else is.
      const refused = await walk(method, at(place, '503'));
      expect([place, refused]).toEqual([place, { ...clean, requests: repeated(clean.requests, place) }]);
      // Carried out, and the answer lost: what creates something is not sent again.
      const lost = await walk(method, at(place, { fault: 'reset-before-headers', work: 'done' }));
      if (method.creates) {
        expect([place, lost]).toMatchObject([place, { failed: true, requests: clean.requests.slice(0, place + 1) }]);
      } else {
        expect([place, lost]).toEqual([place, { ...clean, requests: repeated(clean.requests, place) }]);
      }
    }
  });
});

/** The public methods of an object, its helpers left out. */
function methodsOf(module: object): string[] {
  const names = new Set<string>();
  for (
    let from: object | null = module;
    from !== null && from !== Object.prototype;
    from = Object.getPrototypeOf(from)
  ) {
    for (const name of Object.getOwnPropertyNames(from)) names.add(name);
  }
  return [...names].filter(name => name !== 'constructor' && typeof Reflect.get(module, name) === 'function');
}

/** What is reached by name but not declared: inner halves of the public methods, and their helpers. */
const inner =
  /Internal$|WithContinuation$|^_|^(?:getClient|resolveClient|isCallableTool|maybeMoveToResponseJsonSchema|processParamsMaybeAddMcpUsage|initAfcToolsMap|processAfcStream|createInlinedGenerateContentRequest|getGcsUri|getBigqueryUri|formatDestination)$|Mldev$/;

describe('the walk', () => {
  it('walks as many methods as reflection finds', () => {
    const client = new GoogleGenAI({ apiKey: 'test-key' });
    const modules = [
      'models',
      'files',
      'caches',
      'batches',
      'operations',
      'tunings',
      'authTokens',
      'fileSearchStores',
      ...collections,
    ];
    const found = [...modules, 'chats', 'live'].flatMap(module => {
      const object: unknown = Reflect.get(client, module);
      const parts = ['documents', 'files', 'music'].flatMap(part => {
        const inside: unknown = Reflect.get(Object(object), part);
        return typeof inside === 'object' && inside !== null
          ? methodsOf(inside).map(name => `${module}.${part}.${name}`)
          : [];
      });
      return [...methodsOf(Object(object)).map(name => `${module}.${name}`), ...parts];
    });
    const networking = found.filter(name => !inner.test(name.split('.').at(-1) ?? ''));
    // Methods of an object that a method gives.
    const ofChats = ['chats.sendMessage', 'chats.sendMessageStream'];
    const walked = new Set(methods.map(({ name }) => name));
    expect([...walked, ...Object.keys(notWalked)].toSorted()).toEqual([...networking, ...ofChats].toSorted());
  });
});
