/** Which operation a URL means, for any API version and for the paths of both the Gemini API and Vertex. */

/** Everything that the simulator can be asked for. */
export const operations = [
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
  'predict',
  'models.list',
  'models.get',
  'files.start',
  'files.upload',
  'files.list',
  'files.get',
  'files.delete',
  'files.download',
  'caches.create',
  'caches.list',
  'caches.get',
  'caches.delete',
  'batches.create',
  'batches.list',
  'batches.get',
  'batches.cancel',
  'batches.delete',
  'interactions.create',
  'interactions.get',
  'live.connect',
  'resources.create',
  'resources.list',
  'resources.get',
  'resources.update',
  'resources.delete',
  'resources.act',
  'unknown',
] as const;

/** One of `operations`. */
export type Operation = (typeof operations)[number];

const counted: ReadonlySet<Operation> = new Set([
  'generateContent',
  'streamGenerateContent',
  'embedContent',
  'batchEmbedContents',
  'predict',
]);

/** Whether the operation makes a model work: then it uses up quota and capacity, and is billed. */
export function isCounted(operation: Operation): boolean {
  return counted.has(operation);
}

/** What a path means. */
export interface Route {
  readonly operation: Operation;
  /** As in the path, without `models/`; empty where the path names none. */
  readonly model: string;
  /** The name of a stored thing, for instance `files/abc`; empty where the path names none. */
  readonly resource: string;
  readonly apiVersion: string;
  readonly vertex: boolean;
  /** From a Vertex path; empty on the Gemini API. */
  readonly project: string;
  readonly location: string;
}

const modelVerbs: Readonly<Record<string, Operation>> = {
  generateContent: 'generateContent',
  streamGenerateContent: 'streamGenerateContent',
  countTokens: 'countTokens',
  embedContent: 'embedContent',
  batchEmbedContents: 'batchEmbedContents',
  predict: 'predict',
  batchGenerateContent: 'batches.create',
  asyncBatchEmbedContent: 'batches.create',
  computeTokens: 'resources.act',
  predictLongRunning: 'resources.act',
  fetchPredictOperation: 'resources.act',
};

/** Collection, then method and whether the path names one of its members, then the operation. */
const collections: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  models: { 'GET all': 'models.list', 'GET one': 'models.get' },
  files: {
    'GET all': 'files.list',
    'GET one': 'files.get',
    'DELETE one': 'files.delete',
    'GET one:download': 'files.download',
  },
  cachedContents: {
    'POST all': 'caches.create',
    'GET all': 'caches.list',
    'GET one': 'caches.get',
    'DELETE one': 'caches.delete',
  },
  batches: {
    'GET all': 'batches.list',
    'GET one': 'batches.get',
    'DELETE one': 'batches.delete',
    'POST one:cancel': 'batches.cancel',
  },
  interactions: { 'POST all': 'interactions.create', 'GET one': 'interactions.get' },
};

/** Collections of which only the usual can be asked: to create, list, read, change and delete, and verbs that do nothing. */
const plainCollections: ReadonlySet<string> = new Set(
  `agents auth_tokens cachedContents credentials documents environments executions fileSearchStores files interactions operations
  triggers tunedModels tuningJobs voices webhooks`.split(/\s+/),
);

const plainOperations: Readonly<Record<string, Operation>> = {
  'POST all': 'resources.create',
  'GET all': 'resources.list',
  'GET one': 'resources.get',
  'PATCH one': 'resources.update',
  'DELETE one': 'resources.delete',
};

/** `triggers/x/executions`, `tunedModels/x`, `webhooks/x:ping`, `interactions/x/cancel`. */
function plainOf(method: string, rest: string): Pick<Route, 'operation' | 'model' | 'resource'> {
  const [path = '', verb] = rest.split(':');
  const segments = path.split('/').filter(segment => segment !== '');
  const isVerb = segments.length % 2 === 1 && segments.length > 1 && !plainCollections.has(segments.at(-1) ?? '');
  const place = isVerb ? segments.slice(0, -1) : segments;
  const collection = place.at(place.length % 2 === 0 ? -2 : -1) ?? '';
  const isKnown = plainCollections.has(collection) && place.length > 0;
  const usual = plainOperations[`${method} ${place.length % 2 === 0 ? 'one' : 'all'}`] ?? 'unknown';
  const operation = verb !== undefined || isVerb ? (method === 'POST' ? 'resources.act' : 'unknown') : usual;
  return { operation: isKnown ? operation : 'unknown', model: '', resource: place.join('/') };
}

const pathShape =
  /^\/(?<upload>upload\/)?(?:(?<version>v\d[^/]*)\/)?(?:projects\/(?<project>[^/]+)\/locations\/(?<location>[^/]+)\/)?(?<publisher>publishers\/[^/]+\/)?(?<rest>.*)$/;
const modelShape = /^(?:models|tunedModels|endpoints)\/(?<model>[^:]+):(?<verb>\w+)$/;
const memberShape = /^(?<collection>\w+)(?:\/(?<id>[^:/]+)(?<verb>:\w+)?)?$/;

function memberOf(method: string, rest: string): Pick<Route, 'operation' | 'model' | 'resource'> {
  const { collection = '', id, verb = '' } = memberShape.exec(rest)?.groups ?? {};
  const known = Object.hasOwn(collections, collection) ? collections[collection] : undefined;
  const operation = known?.[`${method} ${id === undefined ? 'all' : `one${verb}`}`];
  if (operation === undefined) return plainOf(method, rest);
  return {
    operation,
    model: collection === 'models' ? (id ?? '') : '',
    resource: id === undefined ? '' : `${collection}/${id}`,
  };
}

function operationOf(
  method: string,
  rest: string,
  uploadId: string | null,
): Pick<Route, 'operation' | 'model' | 'resource'> {
  const { model, verb = '' } = modelShape.exec(rest)?.groups ?? {};
  if (model === undefined) return memberOf(method, rest);
  const known = Object.hasOwn(modelVerbs, verb) ? modelVerbs[verb] : undefined;
  return { operation: known ?? 'unknown', model, resource: uploadId ?? '' };
}

/** The WebSockets of the Gemini API and of Vertex. The official SDK writes two slashes behind a host without a path. */
const liveShape =
  /^\/{1,2}ws\/google\.(?:ai\.generativelanguage|cloud\.(?<cloud>aiplatform))\.(?<version>v\w+)\.(?:GenerativeService\.BidiGenerateContent(?:Constrained)?|LlmBidiService\/BidiGenerateContent)$/;

function liveRouteOf(method: string, path: string): Route | undefined {
  const found = method === 'GET' && path.includes('/ws/') ? liveShape.exec(path)?.groups : undefined;
  if (found === undefined) return undefined;
  const { version: apiVersion = '', cloud } = found;
  const vertex = cloud !== undefined;
  return { operation: 'live.connect', model: '', resource: '', apiVersion, vertex, project: '', location: 'global' };
}

/** Reads a path without its query. Unknown paths are the operation `unknown`. */
export function routeOf(method: string, path: string, query: URLSearchParams): Route {
  const live = liveRouteOf(method, path);
  if (live !== undefined) return live;
  const { upload, version = '', project = '', location, publisher, rest = '' } = pathShape.exec(path)?.groups ?? {};
  const uploadId = query.get('upload_id');
  const found =
    upload === undefined
      ? operationOf(method, rest, null)
      : {
          operation: uploadId === null ? ('files.start' as const) : ('files.upload' as const),
          model: '',
          resource: uploadId ?? '',
        };
  return {
    ...found,
    apiVersion: version,
    vertex: project !== '' || publisher !== undefined,
    project,
    location: location ?? 'global',
  };
}
