import type { GoogleGenAI } from '@google/genai';

/** What a method is called on: the client of the Gemini API, or of Vertex. */
export interface Clients {
  readonly gemini: GoogleGenAI;
  readonly vertex: GoogleGenAI;
}

/** What was made before, for the methods that need something to be there. */
export interface Made {
  readonly cache: string;
  readonly batch: string;
  readonly file: string;
  readonly store: string;
  readonly document: string;
  readonly tuned: string;
  readonly job: string;
  /** Of each collection of the second stack, the id of one member. */
  readonly id: Readonly<Record<string, string>>;
}

/** One method of the official client, and what is asked of it. */
export interface Method {
  /** As it is called: `models.get`. */
  readonly name: string;
  /** Whether one of its requests creates something. */
  readonly creates?: true;
  readonly run: (clients: Clients, made: Made) => unknown;
}

const model = 'gemini-2.5-flash';
const picture = { imageBytes: 'iVBORw0KGgo=', mimeType: 'image/png' };
const blob = (): Blob => new Blob(['a few words'], { type: 'text/plain' });

async function all(pages: Promise<AsyncIterable<unknown>> | AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of await pages) items.push(item);
  return items;
}

/** A tool that the client runs by itself between two requests. */
const callable = () => ({
  tool: async () => ({ functionDeclarations: [{ name: 'look', parametersJsonSchema: { type: 'object' } }] }),
  callTool: async () => [{ functionResponse: { name: 'look', response: { output: 'a heron' } } }],
});

// biome-ignore lint/suspicious/noExplicitAny: what a method is called with is checked by the client, not by us.
type Loose = any;

const generated = (module: string, verbs: Readonly<Record<string, (module: Loose, id: string) => unknown>>): Method[] =>
  Object.entries(verbs).map(([verb, call]) => ({
    name: `${module}.${verb}`,
    ...(verb === 'create' || verb === 'run' || verb === 'rotateSigningSecret' || verb === 'ping'
      ? { creates: true }
      : {}),
    run: ({ gemini }, { id }) => call(Reflect.get(gemini, module), id[module] ?? ''),
  }));

const usual = (body: object) => ({
  create: (module: Loose) => module.create(body),
  list: (module: Loose) => module.list(),
  get: (module: Loose, id: string) => module.get(id),
  delete: (module: Loose, id: string) => module.delete(id),
});

/** Every method of the official client that sends something. */
export const methods: readonly Method[] = [
  { name: 'models.generateContent', run: ({ gemini }) => gemini.models.generateContent({ model, contents: 'Hello.' }) },
  {
    name: 'models.generateContent',
    run: ({ gemini }) =>
      gemini.models.generateContent({ model, contents: 'Please look around.', config: { tools: [callable()] } }),
  },
  {
    name: 'models.generateContentStream',
    run: ({ gemini }) => all(gemini.models.generateContentStream({ model, contents: 'Hello.' })),
  },
  { name: 'models.embedContent', run: ({ gemini }) => gemini.models.embedContent({ model, contents: ['one', 'two'] }) },
  { name: 'models.countTokens', run: ({ gemini }) => gemini.models.countTokens({ model, contents: 'Hello.' }) },
  { name: 'models.computeTokens', run: ({ vertex }) => vertex.models.computeTokens({ model, contents: 'Hello.' }) },
  { name: 'models.list', run: ({ gemini }) => all(gemini.models.list({ config: { pageSize: 3 } })) },
  { name: 'models.get', run: ({ gemini }) => gemini.models.get({ model }) },
  {
    name: 'models.update',
    run: ({ gemini }, { tuned }) => gemini.models.update({ model: tuned, config: { displayName: 'New' } }),
  },
  { name: 'models.delete', run: ({ gemini }, { tuned }) => gemini.models.delete({ model: tuned }) },
  { name: 'models.generateImages', run: ({ vertex }) => vertex.models.generateImages({ model, prompt: 'A heron.' }) },
  {
    name: 'models.editImage',
    run: ({ vertex }) => vertex.models.editImage({ model, prompt: 'A heron.', referenceImages: [] }),
  },
  {
    name: 'models.upscaleImage',
    run: ({ vertex }) => vertex.models.upscaleImage({ model, image: picture, upscaleFactor: 'x2' }),
  },
  {
    name: 'models.recontextImage',
    run: ({ vertex }) => vertex.models.recontextImage({ model, source: { prompt: 'A heron.' } }),
  },
  {
    name: 'models.segmentImage',
    run: ({ vertex }) => vertex.models.segmentImage({ model, source: { image: picture } }),
  },
  {
    name: 'models.generateVideos',
    creates: true,
    run: ({ vertex }) => vertex.models.generateVideos({ model, source: { prompt: 'A heron.' } }),
  },
  { name: 'chats.sendMessage', run: ({ gemini }) => gemini.chats.create({ model }).sendMessage({ message: 'Hello.' }) },
  {
    name: 'chats.sendMessageStream',
    run: ({ gemini }) => all(gemini.chats.create({ model }).sendMessageStream({ message: 'Hello.' })),
  },
  { name: 'files.upload', creates: true, run: ({ gemini }) => gemini.files.upload({ file: blob() }) },
  { name: 'files.list', run: ({ gemini }) => all(gemini.files.list({ config: { pageSize: 1 } })) },
  { name: 'files.get', run: ({ gemini }, { file }) => gemini.files.get({ name: file }) },
  { name: 'files.delete', run: ({ gemini }, { file }) => gemini.files.delete({ name: file }) },
  {
    name: 'files.registerFiles',
    creates: true,
    run: ({ gemini }) => {
      const auth = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer token' }) } as Loose;
      return gemini.files.registerFiles({ uris: ['gs://bucket/heron'], auth });
    },
  },
  {
    name: 'caches.create',
    creates: true,
    run: ({ gemini }) => gemini.caches.create({ model, config: { contents: 'A long text.', ttl: '60s' } }),
  },
  { name: 'caches.list', run: ({ gemini }) => all(gemini.caches.list({ config: { pageSize: 1 } })) },
  { name: 'caches.get', run: ({ gemini }, { cache }) => gemini.caches.get({ name: cache }) },
  {
    name: 'caches.update',
    run: ({ gemini }, { cache }) => gemini.caches.update({ name: cache, config: { ttl: '90s' } }),
  },
  { name: 'caches.delete', run: ({ gemini }, { cache }) => gemini.caches.delete({ name: cache }) },
  {
    name: 'batches.create',
    creates: true,
    run: ({ gemini }) => gemini.batches.create({ model, src: [{ contents: 'Hello.' }] }),
  },
  {
    name: 'batches.createEmbeddings',
    creates: true,
    run: ({ gemini }) =>
      gemini.batches.createEmbeddings({
        model,
        src: { inlinedRequests: { contents: [{ parts: [{ text: 'Hello.' }] }] } },
      }),
  },
  { name: 'batches.get', run: ({ gemini }, { batch }) => gemini.batches.get({ name: batch }) },
  { name: 'batches.cancel', run: ({ gemini }, { batch }) => gemini.batches.cancel({ name: batch }) },
  { name: 'batches.list', run: ({ gemini }) => all(gemini.batches.list({ config: { pageSize: 1 } })) },
  { name: 'batches.delete', run: ({ gemini }, { batch }) => gemini.batches.delete({ name: batch }) },
  { name: 'operations.get', run: ({ vertex }) => vertex.operations.get({ operation: operation() }) },
  {
    name: 'operations.getVideosOperation',
    run: ({ vertex }) => vertex.operations.getVideosOperation({ operation: operation() }),
  },
  {
    name: 'tunings.tune',
    creates: true,
    run: ({ vertex }) => vertex.tunings.tune({ baseModel: model, trainingDataset: { gcsUri: 'gs://bucket/set' } }),
  },
  { name: 'tunings.get', run: ({ vertex }, { job }) => vertex.tunings.get({ name: job }) },
  { name: 'tunings.list', run: ({ vertex }) => all(vertex.tunings.list({ config: { pageSize: 1 } })) },
  { name: 'tunings.cancel', run: ({ vertex }, { job }) => vertex.tunings.cancel({ name: job }) },
  {
    name: 'tunings.validateReward',
    creates: true,
    run: ({ vertex }) => vertex.tunings.validateReward({ parent: place, sample: {}, example: {}, config: {} } as Loose),
  },
  {
    name: 'authTokens.create',
    creates: true,
    run: ({ gemini }) => gemini.authTokens.create({ config: { uses: 1, httpOptions: { apiVersion: 'v1alpha' } } }),
  },
  { name: 'fileSearchStores.create', creates: true, run: ({ gemini }) => gemini.fileSearchStores.create({}) },
  { name: 'fileSearchStores.get', run: ({ gemini }, { store }) => gemini.fileSearchStores.get({ name: store }) },
  { name: 'fileSearchStores.delete', run: ({ gemini }, { store }) => gemini.fileSearchStores.delete({ name: store }) },
  {
    name: 'fileSearchStores.list',
    run: ({ gemini }) => all(gemini.fileSearchStores.list({ config: { pageSize: 1 } })),
  },
  {
    name: 'fileSearchStores.importFile',
    creates: true,
    run: ({ gemini }, { store, file }) =>
      gemini.fileSearchStores.importFile({ fileSearchStoreName: store, fileName: file }),
  },
  {
    name: 'fileSearchStores.uploadToFileSearchStore',
    creates: true,
    run: ({ gemini }, { store }) =>
      gemini.fileSearchStores.uploadToFileSearchStore({ fileSearchStoreName: store, file: blob() }),
  },
  {
    name: 'fileSearchStores.documents.list',
    run: ({ gemini }, { store }) => all(gemini.fileSearchStores.documents.list({ parent: store })),
  },
  {
    name: 'fileSearchStores.documents.get',
    run: ({ gemini }, { document }) => gemini.fileSearchStores.documents.get({ name: document }),
  },
  {
    name: 'fileSearchStores.documents.delete',
    run: ({ gemini }, { document }) => gemini.fileSearchStores.documents.delete({ name: document }),
  },
  ...generated('interactions', {
    create: module => module.create({ model, input: 'Hello.' }),
    get: (module, id) => module.get(id),
    delete: (module, id) => module.delete(id),
    cancel: (module, id) => module.cancel(id),
  }),
  ...generated('webhooks', {
    ...usual({ uri: 'https://example.com/hook', subscribed_events: [] }),
    update: (module, id) => module.update(id, { uri: 'https://example.com/other' }),
    rotateSigningSecret: (module, id) => module.rotateSigningSecret(id, {}),
    ping: (module, id) => module.ping(id),
  }),
  ...generated('agents', usual({ id: 'heron' })),
  ...generated('triggers', {
    ...usual({ schedule: '0 * * * *', time_zone: 'UTC', interaction: {} }),
    update: (module, id) => module.update(id, {}),
    run: (module, id) => module.run(id),
    listExecutions: (module, id) => module.listExecutions(id),
  }),
  ...generated('environments', usual({})),
  ...generated('credentials', { ...usual({}), update: (module, id) => module.update(id, {}) }),
  ...generated('voices', usual({})),
];

const place = 'projects/p/locations/us-central1';

function operation(): Loose {
  const name = `${place}/publishers/google/models/${model}/operations/1`;
  return {
    name,
    _fromAPIResponse() {
      return this;
    },
  };
}

/** Methods that send nothing, or not over HTTP, or nothing that this walk can ask for; and why. */
export const notWalked: Readonly<Record<string, string>> = {
  'chats.create': 'sends nothing; its two methods are walked',
  'fileSearchStores.downloadMedia': 'writes to a file; the same path as files.download',
  'files.download': 'writes to a file; has tests of its own',
  'environments.files.list': 'environments have no files in the simulator',
  'environments.files.download': 'environments have no files in the simulator',
  'environments.files.upload': 'environments have no files in the simulator',
  'live.connect': 'a WebSocket; has tests of its own',
  'live.music.connect': 'a WebSocket',
};
