/** One request as the simulator understands it. */

import type { IncomingHttpHeaders } from 'node:http';
import { listOf, objectOf, parseObject, textOf } from './json.ts';
import { fingerprint } from './random.ts';
import { type Route, routeOf } from './route.ts';
import { tokensIn } from './text.ts';

/** What arrived, before it is understood. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** A request that was understood: where it goes, what it asks for, who asks. */
export interface SimulatedRequest extends Route {
  readonly method: string;
  /** Without the query, which may hold a key. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The JSON body; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The last text that the user wrote, or the texts to embed; empty where there is none. */
  readonly prompt: string;
  /** Equal for two requests that ask for the same work: the hash of method, operation and body. */
  readonly promptHash: string;
  readonly inputTokens: number;
  /** The API key or the bearer token; empty where there is none. It must not leave the simulator. */
  readonly credential: string;
  /** Whether the answer is a stream of server-sent events. */
  readonly sse: boolean;
}

/** The query parameter that marks the request which a redirect led to: the simulator follows its own word there. */
export const redirectParameter = 'simulator-redirect';

/** The query parameter that keeps the prompt where a redirect turned POST into GET. */
export const redirectedPromptParameter = 'simulator-prompt';

const mediaTokens = 258;

function partsOf(content: unknown): readonly unknown[] {
  return typeof content === 'string' ? [{ text: content }] : listOf(objectOf(content)['parts']);
}

function textsOf(contents: readonly unknown[]): string[] {
  return contents.map(content =>
    partsOf(content)
      .map(part => textOf(objectOf(part)['text']))
      .join(''),
  );
}

function mediaIn(contents: readonly unknown[]): number {
  const parts = contents.flatMap(partsOf).map(objectOf);
  return parts.filter(part => part['inlineData'] !== undefined || part['fileData'] !== undefined).length;
}

function userTexts(body: Readonly<Record<string, unknown>>): string[] {
  const users = listOf(body['contents']).filter(content => (objectOf(content)['role'] ?? 'user') === 'user');
  return textsOf(users).filter(text => text !== '');
}

/** What the user has said before the prompt. */
export function earlierPrompts(body: Readonly<Record<string, unknown>>): readonly string[] {
  return userTexts(body).slice(0, -1);
}

/** The last text that the user wrote, or the texts to embed; empty where there is none. */
export function promptIn(body: Readonly<Record<string, unknown>>): string {
  if (typeof body['input'] === 'string') return body['input'];
  if (body['content'] !== undefined) return textsOf([body['content']]).join('');
  const batched = listOf(body['requests']).map(item => objectOf(item)['content']);
  if (batched.length > 0) return textsOf(batched).join('\n');
  const instances = listOf(body['instances']).map(item => textOf(objectOf(item)['content']));
  if (instances.length > 0) return instances.join('\n');
  return userTexts(body).at(-1) ?? '';
}

/** How many tokens a body has: of its texts, its media, and the system's instruction. */
export function inputTokensOf(body: Readonly<Record<string, unknown>>, prompt: string): number {
  const contents = [...listOf(body['contents']), body['systemInstruction']];
  const texts = textsOf(contents).join('');
  return texts === '' ? tokensIn(prompt) : tokensIn(texts) + mediaIn(contents) * mediaTokens;
}

function credentialOf(headers: IncomingHttpHeaders, query: URLSearchParams): string {
  const key = headers['x-goog-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  return query.get('key') ?? query.get('access_token') ?? /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** Understands what arrived. Never throws: what makes no sense is the operation `unknown` with an empty body. */
export function readRequest(raw: RawRequest): SimulatedRequest {
  const [path = '/', search = ''] = raw.url.split('?', 2);
  const query = new URLSearchParams(search);
  const route = routeOf(raw.method, decoded(path), query);
  const json = /json/.test(raw.headers['content-type'] ?? '') && route.operation !== 'files.upload';
  const text = json ? raw.bytes.toString('utf8') : '';
  const body = text === '' ? {} : parseObject(text);
  const prompt = promptIn(body) || (query.get(redirectedPromptParameter) ?? '');
  return {
    ...route,
    method: raw.method,
    path,
    query,
    headers: raw.headers,
    bytes: raw.bytes,
    body,
    prompt,
    promptHash: fingerprint(`${raw.method} ${route.operation} ${route.resource}\n${text}`),
    inputTokens: inputTokensOf(body, prompt),
    credential: credentialOf(raw.headers, query),
    sse: route.operation === 'streamGenerateContent' && query.get('alt') === 'sse',
  };
}
