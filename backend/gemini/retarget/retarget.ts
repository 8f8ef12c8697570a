import { type BoundParts, bodyFor, boundParts, parsedBody } from './boundParts.ts';
import { type ModelAddress, modelAddress, moved } from './modelAddress.ts';

/** A request of the official client, as far as its target shows in it. */
export interface RequestFacts {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly body: string;
}

/** Where a request is to go instead. What is left out stays. */
export interface RetargetTo {
  /** A model's name, with or without `models/`. */
  readonly model?: string | undefined;
  readonly apiKey?: string | undefined;
  /** A location of the cloud: `europe-west4`, `global`. */
  readonly location?: string | undefined;
}

/** Why a request cannot go there. */
export type RetargetRefusal =
  | 'operation'
  | 'address'
  | 'credentials'
  | 'unchanged'
  | 'unreadable-body'
  | 'bound-to-cache'
  | 'bound-to-files'
  | 'bound-to-project'
  | 'bound-to-location'
  | 'thought-signatures';

/** A reason why not. The message is for a person and holds neither key nor prompt. */
export interface Refused {
  readonly refused: RetargetRefusal;
  readonly message: string;
}

/** The request for the new target, or why there is none. */
export type Retargeted = { readonly request: RequestFacts } | Refused;

const messages: Readonly<Record<RetargetRefusal, string>> = {
  operation: 'Only generateContent, streamGenerateContent and countTokens can be sent to another target.',
  address: 'The address of the request has no place for what the target changes.',
  credentials: 'The request is not authorized by an API key, so another key has no place in it.',
  unchanged: 'The request goes to that target already.',
  'unreadable-body': 'The body of the request is not a JSON object, so nobody can say what it is bound to.',
  'bound-to-cache': 'The request uses cached content, which belongs to one model, project and location.',
  'bound-to-files': 'The request uses files or stores that belong to the project of its key.',
  'bound-to-project': 'The request asks a tuned model, which belongs to the project of its key.',
  'bound-to-location': 'The tools of the request name resources at its location.',
  'thought-signatures':
    'The history of the request has thought signatures, which only the model that made them can read.',
};

const no = (refused: RetargetRefusal): Refused => ({ refused, message: messages[refused] });

const verbs: ReadonlySet<string> = new Set(['generateContent', 'streamGenerateContent', 'countTokens']);

const verbOf = /:(\w+)(?:[?#].*)?$/;

function isRetargetable({ method, url }: RequestFacts): boolean {
  const verb = verbOf.exec(url)?.[1];
  return method.toUpperCase() === 'POST' && verb !== undefined && verbs.has(verb);
}

const keyHeader = 'x-goog-api-key';

/** Keys are also taken from the address, where older programs put them. */
const keyParameter = 'key';

/** A request, taken apart. */
interface Request {
  readonly facts: RequestFacts;
  readonly address: ModelAddress;
  readonly keyName: string | undefined;
}

const headerNamed = (name: string, headers: RequestFacts['headers']): string | undefined =>
  Object.keys(headers).find(key => key.toLowerCase() === name);

function keyOf({ facts, address, keyName }: Request): string | undefined {
  return keyName === undefined ? (address.url.searchParams.get(keyParameter) ?? undefined) : facts.headers[keyName];
}

const plainName = /^(?:models\/)?([\w.@-]+)$/;

/** What really changes: undefined stands for "as it was". */
interface Changes {
  readonly model: string | undefined;
  readonly apiKey: string | undefined;
  readonly location: string | undefined;
}

function changesOf(request: Request, { model, apiKey, location }: RetargetTo): Changes | Refused {
  const { address } = request;
  const name = model === undefined ? undefined : plainName.exec(model)?.[1];
  if (model !== undefined && name === undefined) return no('address');
  if (location !== undefined && address.location === undefined) return no('address');
  const key = keyOf(request);
  if (apiKey !== undefined && key === undefined) return no('credentials');
  const isSameModel = name === address.model && !address.isTuned;
  const changes = {
    model: isSameModel ? undefined : name,
    apiKey: apiKey === key ? undefined : apiKey,
    location: location === address.location ? undefined : location,
  };
  return Object.values(changes).every(value => value === undefined) ? no('unchanged') : changes;
}

/** What the request would lose on its way. */
function loss(bound: BoundParts, changes: Changes, { address }: Request, writer: string): RetargetRefusal | undefined {
  if (bound.cache) return 'bound-to-cache';
  if (changes.apiKey !== undefined && bound.files) return 'bound-to-files';
  if (changes.apiKey !== undefined && address.isTuned && changes.model === undefined) return 'bound-to-project';
  const isLeft = address.location !== undefined && bound.locations.has(address.location);
  if (changes.location !== undefined && isLeft) return 'bound-to-location';
  return bound.thoughtSignatures && (changes.model ?? address.model) !== writer ? 'thought-signatures' : undefined;
}

function urlFor({ address }: Request, changes: Changes): string {
  const url = moved(address, changes);
  if (changes.apiKey !== undefined && url.searchParams.has(keyParameter)) {
    url.searchParams.set(keyParameter, changes.apiKey);
  }
  return url.href;
}

function headersFor({ facts, keyName }: Request, { apiKey }: Changes): RequestFacts['headers'] {
  return apiKey === undefined || keyName === undefined ? facts.headers : { ...facts.headers, [keyName]: apiKey };
}

/**
 * The same request for another model, key or location, or the reason why not. Pure.
 * @param writer the model that wrote the history since the request was made, where that is not the one it is addressed to: a call
 * that fell back once goes on with what the other model said
 */
export function retarget(facts: RequestFacts, to: RetargetTo, writer?: string): Retargeted {
  if (!isRetargetable(facts)) return no('operation');
  const address = modelAddress(facts.url);
  if (address === undefined) return no('address');
  const request: Request = { facts, address, keyName: headerNamed(keyHeader, facts.headers) };
  const changes = changesOf(request, to);
  if ('refused' in changes) return changes;
  const body = parsedBody(facts.body);
  if (body === undefined) return no('unreadable-body');
  const lost = loss(boundParts(body), changes, request, writer ?? address.model);
  if (lost !== undefined) return no(lost);
  const text = changes.model === undefined ? facts.body : bodyFor(changes.model, body, facts.body);
  const url = urlFor(request, changes);
  return { request: { ...facts, url, headers: headersFor(request, changes), body: text } };
}
