/** A request's body, read for what binds it to a model, a key or a place. Tolerates every shape; never throws. */

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : [value]).filter(isObject);

/** A field by its name in JSON, or by the one that it has in the API's definition: the API takes both. */
function field(object: Json, name: string): unknown {
  return object[name] ?? object[name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)];
}

/** The requests in a body: itself, and the one that `countTokens` may carry inside. */
const requestsIn = (body: Json): readonly Json[] => [body, ...objectsIn(field(body, 'generateContentRequest'))];

function partsOf(request: Json): readonly Json[] {
  const contents = [...objectsIn(request['contents']), ...objectsIn(field(request, 'systemInstruction'))];
  return contents.flatMap(content => objectsIn(content['parts']));
}

/** A part's own file, and those that a function's answer brings along. Not what stands in a function's arguments or answer itself. */
function fileUris(part: Json): readonly unknown[] {
  const answers = objectsIn(field(part, 'functionResponse')).flatMap(answer => objectsIn(answer['parts']));
  return [part, ...answers].flatMap(one => objectsIn(field(one, 'fileData'))).map(file => field(file, 'fileUri'));
}

/** Files of the Files API, by address or by name. Public addresses and those of a bucket are nobody's. */
const filesApi = /^(?:https?:\/\/[^/]+\/(?:[^?#]*\/)?)?files\/[^/?#]+$/;

/** What the documentation gives for a history that no model wrote: it is bound to none. */
const openSignatures: ReadonlySet<unknown> = new Set([
  'skip_thought_signature_validator',
  'context_engineering_is_the_way_to_go',
  '',
  undefined,
  null,
]);

/** What a body is bound by. */
export interface BoundParts {
  /** To a model, a key and a place: `cachedContent`. */
  readonly cache: boolean;
  /** To a key's project: files of the Files API, and stores that are searched. */
  readonly files: boolean;
  /** To the model that wrote the history. */
  readonly thoughtSignatures: boolean;
  /** Everything that the tools name by location: `projects/…/locations/…`. */
  readonly locations: ReadonlySet<string>;
}

const locationOf = /^projects\/[^/]+\/locations\/([^/]+)\//;

/** The locations that a value names, however deep: a parsed body may be nested deeper than functions can call each other. */
function locationsIn(value: unknown): readonly string[] {
  const found: string[] = [];
  const left: unknown[] = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'string') found.push(...(locationOf.exec(one)?.slice(1) ?? []));
    else if (typeof one === 'object' && one !== null) for (const inner of Object.values(one)) left.push(inner);
  }
  return found;
}

const searchesStores = (request: Json): boolean =>
  objectsIn(request['tools'])
    .flatMap(tool => objectsIn(field(tool, 'fileSearch')))
    .some(search => field(search, 'fileSearchStoreNames') !== undefined);

/** What binds the body of a request. */
export function boundParts(body: Json): BoundParts {
  const requests = requestsIn(body);
  const parts = requests.flatMap(partsOf);
  const uris = parts.flatMap(fileUris);
  return {
    cache: requests.some(request => Boolean(field(request, 'cachedContent'))),
    files: uris.some(uri => typeof uri === 'string' && filesApi.test(uri)) || requests.some(searchesStores),
    thoughtSignatures: parts.some(part => !openSignatures.has(field(part, 'thoughtSignature'))),
    locations: new Set(requests.flatMap(request => locationsIn(request['tools']))),
  };
}

/** The body as an object, or undefined where it is none. */
export function parsedBody(text: string): Json | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

const modelName = /[^/]+$/;

/** The request with the model's name in it replaced, where it has one. */
function renamed(request: Json, model: string): Json {
  const named = request['model'];
  return typeof named === 'string' ? { ...request, model: named.replace(modelName, () => model) } : request;
}

/** The text of the body for another model: as it was, unless it names the model itself. */
export function bodyFor(model: string, body: Json, text: string): string {
  const inner = field(body, 'generateContentRequest');
  const isNamed = typeof body['model'] === 'string' || (isObject(inner) && typeof inner['model'] === 'string');
  if (!isNamed) return text;
  const outer = renamed(body, model);
  return JSON.stringify(isObject(inner) ? { ...outer, ...innerFor(body, inner, model) } : outer);
}

function innerFor(body: Json, inner: Json, model: string): Json {
  const name = 'generateContentRequest' in body ? 'generateContentRequest' : 'generate_content_request';
  return { [name]: renamed(inner, model) };
}
