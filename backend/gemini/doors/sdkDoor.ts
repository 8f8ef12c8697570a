import type { GoogleGenAI } from '@google/genai';
import { withinLimits } from '../../resilience/limits.ts';
import type { Runtime } from '../../resilience/wholeRuntime.ts';
import type { Transport } from '../seam/httpExchange.ts';
import { isMethod, isObject, type Method, marking, markingLater } from './sdkErrors.ts';

/** How the client's methods that make several requests are tied together. */
export interface SdkDoorOptions {
  readonly runtime: Runtime;
  /** A seam whose every exchange belongs to one new call, and what to say when that call has ended. */
  readonly openCall: (operation: string, options: SdkCallOptions) => SdkCall;
}

/** What is known of a method call of the official client. */
export interface SdkCallOptions {
  readonly model: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether all the requests of the method are one call: tool loops and continuations are, pages are not. */
  readonly isOneCall: boolean;
  /** Whether its pieces pass `whole` before anybody reads them. */
  readonly isWhole: boolean;
}

/** A call that a method of the official client opened. */
export interface SdkCall {
  readonly seam: Transport;
  readonly end: () => void;
  /** Puts back into a piece of the result what the client was not shown. */
  readonly whole?: (piece: unknown) => unknown;
}

/** The modules of the client's first HTTP stack, whose methods take `{…, config}`. */
const classicModules = [
  'models',
  'files',
  'caches',
  'batches',
  'operations',
  'tunings',
  'authTokens',
  'fileSearchStores',
];

/** The modules of its second, generated stack, which repeats by itself unless told not to. */
const generatedModules = ['interactions', 'webhooks', 'agents', 'triggers', 'environments', 'credentials', 'voices'];

/** Methods that make several requests for one answer: tool loops and continuations share one call. */
const generating: ReadonlySet<string> = new Set(['generateContent', 'generateContentStream']);

/** The public methods of the first stack that send something. Its helpers have other names and stay as they are. */
const sending: ReadonlySet<string> = new Set(
  `generateContent generateContentStream embedContent countTokens computeTokens list get update delete generateImages editImage
  upscaleImage recontextImage segmentImage generateVideos upload download registerFiles create createEmbeddings cancel
  getVideosOperation tune validateReward importFile uploadToFileSearchStore downloadMedia`.split(/\s+/),
);

/** Every method of the second stack but this helper sends something. */
const helper = 'getClient';

function methodNames(module: object): Set<string> {
  const names = new Set<string>();
  for (let at: object | null = module; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  names.delete('constructor');
  return names;
}

function replaceMethods(
  module: object,
  wraps: (name: string) => boolean,
  wrap: (method: Method, name: string) => Method,
): void {
  for (const name of methodNames(module)) {
    const method: unknown = wraps(name) ? Reflect.get(module, name) : undefined;
    if (isMethod(method))
      Object.defineProperty(module, name, { value: wrap(method, name), writable: true, configurable: true });
  }
}

/** Ends with the caller's own reason as soon as the signal aborts, whatever the client does. */
async function abortable<T>(runtime: Runtime, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (signal === undefined) return work();
  try {
    const end = await withinLimits({ runtime, timeoutMs: Number.POSITIVE_INFINITY, signal }, work);
    if (end.by === 'work') return end.value;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  throw signal.reason;
}

/**
 * A copy of the parameters, because the client writes into what it is given. With a seam, the caller's signal is kept from the
 * client, which would leave a listener on it for each call.
 */
function rewritten(parameters: unknown, seam: Transport | undefined): unknown {
  if (!isObject(parameters)) return parameters;
  if (seam === undefined)
    return isObject(parameters['config']) ? { ...parameters, config: { ...parameters['config'] } } : { ...parameters };
  const { abortSignal: _signal, httpOptions, ...config } = isObject(parameters['config']) ? parameters['config'] : {};
  const { retryOptions: _retry, timeout: _timeout, ...http } = isObject(httpOptions) ? httpOptions : {};
  return { ...parameters, config: { ...config, httpOptions: { ...http, fetch: seam } } };
}

/** Does the client itself hand arguments of the model's on to functions of the caller's own? */
function callsTools(parameters: unknown): boolean {
  if (!isObject(parameters) || !isObject(parameters['config'])) return false;
  const { tools } = parameters['config'];
  return Array.isArray(tools) && tools.some(tool => isObject(tool) && 'callTool' in tool);
}

function signalIn(parameters: unknown): AbortSignal | undefined {
  if (!isObject(parameters) || !isObject(parameters['config'])) return undefined;
  const signal = parameters['config']['abortSignal'];
  return signal instanceof AbortSignal ? signal : undefined;
}

function wrapClassic({ runtime, openCall }: SdkDoorOptions) {
  return (method: Method, name: string): Method =>
    async function (this: unknown, parameters, ...rest) {
      const signal = signalIn(parameters);
      const isOneCall = generating.has(name);
      const model = isObject(parameters) && typeof parameters['model'] === 'string' ? parameters['model'] : undefined;
      const isWhole = name === 'generateContentStream' && !callsTools(parameters);
      const call = isOneCall || signal ? openCall(name, { model, signal, isOneCall, isWhole }) : undefined;
      const given = rewritten(parameters, call?.seam);
      try {
        const work = (): Promise<unknown> => marking(signal, () => method.call(this, given, ...rest));
        return markingLater(await abortable(runtime, signal, work), signal, call?.whole);
      } finally {
        call?.end();
      }
    };
}

/** The client's second stack takes its settings behind the parameters, and those behind an id where there is one. */
function wrapGenerated(method: Method): Method {
  return async function (this: unknown, ...parameters) {
    const at = typeof parameters[0] === 'string' ? 2 : 1;
    const given = [...parameters];
    while (given.length < at) given.push(undefined);
    const options = given[at];
    given[at] = { maxRetries: 0, ...(isObject(options) && options) };
    return markingLater(await marking(undefined, () => method.apply(this, given)), undefined);
  };
}

/** The module, and those that it holds: `fileSearchStores.documents`, `environments.files`. */
function withParts(module: unknown): readonly object[] {
  if (!isObject(module)) return [];
  return [module, ...[module['documents'], module['files']].filter(isObject)];
}

/** The second stack makes its modules when they are first asked for, and says on the console that some are experimental. */
function wrapWhenAsked(client: GoogleGenAI, name: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(client), name);
  if (descriptor?.get === undefined) return;
  const load = descriptor.get;
  const get = (): unknown => {
    const module: unknown = load.call(client);
    for (const part of withParts(module)) replaceMethods(part, method => method !== helper, wrapGenerated);
    Object.defineProperty(client, name, { value: module });
    return module;
  };
  Object.defineProperty(client, name, { get, configurable: true });
}

/** Makes the official client keep the promises of this package in its user's hands: one retry engine, no leaked listeners. */
export function installSdkDoor(client: GoogleGenAI, options: SdkDoorOptions): GoogleGenAI {
  for (const name of classicModules) {
    for (const part of withParts(Reflect.get(client, name))) {
      replaceMethods(part, method => sending.has(method), wrapClassic(options));
    }
  }
  for (const name of generatedModules) wrapWhenAsked(client, name);
  return client;
}
