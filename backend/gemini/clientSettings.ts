import type { GoogleGenAIOptions } from '@google/genai';
import type { EventListener } from '../resilience/events.ts';
import type { FallbackTarget } from '../resilience/fallbackTarget.ts';
import { checkFunction, checkIsObject, checkObject, checkOneOf, OptionError, show } from '../resilience/optionError.ts';
import type { Policy } from '../resilience/policy.ts';
import type { StandardPolicies } from '../resilience/standardPipeline.ts';
import { checkRuntime, createRuntime, type Runtime } from '../resilience/wholeRuntime.ts';
import { fallbackTargets, type GeminiFallback, keysOf } from './retarget/fallbackTargets.ts';
import type { RetargetTo } from './retarget/retarget.ts';
import { Credentials } from './seam/credentials.ts';
import type { Transport } from './seam/httpExchange.ts';
import { TokenEstimate } from './seam/tokenEstimate.ts';
import { systemTransport } from './seam/transport.ts';
import { type CallLimits, checkHttpOptions, checkLimits, limitNames } from './settings/callLimits.ts';
import {
  breakerOver,
  type Environment,
  limitsFromEnvironment,
  processEnvironment,
  retryFromEnvironment,
} from './settings/environment.ts';
import { MissingCredentials } from './settings/optionFailure.ts';
import { checkPolicies, createPolicies, type PolicyOptions, policyNames } from './settings/policySettings.ts';
import { checkRemedies, type RemedyOptions } from './settings/remedyOptions.ts';
import { checkRetryOptions, type RetryOptions } from './settings/retryConfig.ts';

/** The options of the official client, which may also be given as undefined: `apiKey: process.env.KEY`. */
export type ClientOptions = { readonly [K in keyof GoogleGenAIOptions]?: GoogleGenAIOptions[K] | undefined };

/** What the official client takes, and what makes its calls survive. */
export interface GeminiCoreOptions extends ClientOptions, CallLimits, PolicyOptions {
  /** The model of calls that name none. @default 'gemini-flash-latest', or GEMINI_MODEL */
  readonly model?: string | undefined;
  readonly retry?: RetryOptions | undefined;
  /** What is changed of a request whose result was of no use, before it is sent again. @default true */
  readonly remedies?: RemedyOptions | undefined;
  /**
   * Where a `callLlm*` call goes when the model that it asks fails for good: names of models, or other keys and locations, best first.
   */
  readonly fallbacks?: readonly (string | GeminiFallback)[] | undefined;
  /** Clock, chance and sleep; what is left out is the system's. */
  readonly runtime?: Partial<Runtime> | undefined;
  /** Told of everything that happens to every call. What it throws is ignored. */
  readonly onEvent?: EventListener | undefined;
  /** Where `GEMINI_*` variables are read. @default process.env */
  readonly environment?: Environment | undefined;
}

/** An alias of the API that always means the newest Flash model, so that a default cannot grow old. */
export const defaultModel = 'gemini-flash-latest';

const clientKeys = [
  'apiKey',
  'apiVersion',
  'enterprise',
  'vertexai',
  'project',
  'location',
  'googleAuthOptions',
  'httpOptions',
];
const ownNames = 'model retry remedies runtime onEvent environment fallbacks pipeline';
const ownKeys = [...ownNames.split(' '), ...policyNames, ...limitNames];
const optionKeys: ReadonlySet<string> = new Set([...clientKeys, ...ownKeys]);

/** A client’s options, checked and resolved. */
export interface ClientSettings {
  /** For the official client, with key and cloud flag resolved. */
  readonly official: GoogleGenAIOptions;
  readonly credentials: Credentials | undefined;
  /** What really sends: the user's own fetch, or the platform's. */
  readonly transport: Transport;
  readonly secrets: readonly string[];
  readonly model: string;
  /** Lowest first: environment, client. */
  readonly retryLayers: readonly RetryOptions[];
  readonly limitLayers: readonly CallLimits[];
  readonly runtime: Runtime;
  /** What all calls of the client share. */
  readonly policies: StandardPolicies;
  /** The user's own, in place of the standard one. */
  readonly pipeline: Policy | undefined;
  readonly tokens: TokenEstimate;
  readonly fallbacks: readonly FallbackTarget<RetargetTo>[];
  readonly remedies: RemedyOptions | undefined;
}

const text = (value: string | undefined): string | undefined => value?.trim() || undefined;

/** The key, checked so that a stray line break is not found out by an HTTP library. Its value is never shown. */
function checkedKey(field: string, key: unknown): string {
  if (typeof key !== 'string') throw new OptionError(field, `a ${typeof key}`, 'a string');
  const bad = key.search(/[^\x21-\x7e]/);
  if (key === '') throw new OptionError(field, 'empty', 'a key of printable ASCII characters');
  if (bad >= 0) {
    throw new OptionError(
      field,
      `a text with another character at position ${bad}`,
      'a key of printable ASCII characters',
    );
  }
  return key;
}

function resolvedKey(options: GeminiCoreOptions, environment: Environment): string | undefined {
  if (options.apiKey !== undefined) return checkedKey('apiKey', options.apiKey);
  // The official client's own order.
  for (const name of ['GOOGLE_API_KEY', 'GEMINI_API_KEY']) {
    const key = text(environment[name]);
    if (key !== undefined) return checkedKey(name, key);
  }
  return undefined;
}

function usesCloud({ enterprise, vertexai }: GeminiCoreOptions, environment: Environment): boolean {
  const stated = enterprise ?? vertexai;
  if (stated !== undefined) return stated;
  const flag = text(environment['GOOGLE_GENAI_USE_ENTERPRISE']) ?? text(environment['GOOGLE_GENAI_USE_VERTEXAI']);
  return flag?.toLowerCase() === 'true';
}

function checkedOptions(options: GeminiCoreOptions): void {
  checkObject('options', options, optionKeys);
  checkLimits('', options);
  if (options.onEvent !== undefined) checkFunction('onEvent', options.onEvent);
  if (options.remedies !== undefined) checkRemedies('remedies', options.remedies);
  checkRuntime('runtime', options.runtime);
  checkPolicies(options);
  for (const flag of ['vertexai', 'enterprise'] as const) {
    if (options[flag] !== undefined) checkOneOf(flag, options[flag], [true, false]);
  }
  if (options.environment !== undefined) checkIsObject('environment', options.environment);
  if (options.httpOptions !== undefined) checkHttpOptions('httpOptions', options.httpOptions);
  checkModel('model', options.model);
}

/** @throws OptionError */
export function checkModel(field: string, model: unknown): void {
  if (model !== undefined && (typeof model !== 'string' || model.trim() === '')) {
    throw new OptionError(field, show(model), 'the name of a model, for instance "gemini-flash-latest"');
  }
}

/** Everything that the client was given and nobody may be shown. */
function secretsIn({ httpOptions }: GeminiCoreOptions, apiKey: string | undefined): string[] {
  const credentialHeader = /^(?:x-goog-api-key|authorization|proxy-authorization|cookie)$/i;
  const headers = Object.entries(httpOptions?.headers ?? {}).filter(([name]) => credentialHeader.test(name));
  return [apiKey, ...headers.map(([, value]) => String(value))].filter(one => one !== undefined);
}

/** Who we are to the API: a key, or credentials of the cloud that are ours to refresh. */
function identity(options: GeminiCoreOptions, environment: Environment) {
  const key = resolvedKey(options, environment);
  const cloud = usesCloud(options, environment);
  const explicitKey = options.apiKey !== undefined;
  const inProject = options.project ?? options.location ?? text(environment['GOOGLE_CLOUD_PROJECT']);
  if (key !== undefined && (!cloud || explicitKey || inProject === undefined)) return { apiKey: key };
  if (!cloud && options.googleAuthOptions === undefined) {
    throw new MissingCredentials(
      'apiKey',
      'missing',
      'given, or set in the environment as GEMINI_API_KEY or GOOGLE_API_KEY',
    );
  }
  return { credentials: new Credentials(options.googleAuthOptions) };
}

/** Checks everything that can be checked before a request is sent. @throws OptionError */
export function clientSettings(options: GeminiCoreOptions): ClientSettings {
  checkedOptions(options);
  const environment = options.environment ?? processEnvironment();
  const { apiKey, credentials } = identity(options, environment);
  const official: Record<string, unknown> = { vertexai: usesCloud(options, environment), ...(apiKey && { apiKey }) };
  for (const name of clientKeys) official[name] ??= Reflect.get(options, name);
  if (official['enterprise'] !== undefined) delete official['vertexai'];
  const timeoutMs = options.httpOptions?.timeout;
  const fallbacks = options.fallbacks === undefined ? [] : fallbackTargets('fallbacks', options.fallbacks);
  return {
    official,
    credentials,
    transport: (options.httpOptions?.fetch as Transport | undefined) ?? systemTransport,
    secrets: [...secretsIn(options, apiKey), ...keysOf(fallbacks)],
    fallbacks,
    model: options.model ?? text(environment['GEMINI_MODEL']) ?? defaultModel,
    retryLayers: [
      retryFromEnvironment(environment),
      options.retry === undefined ? {} : checkRetryOptions('retry', options.retry),
    ],
    // The official client's own timeout would kill a stream that still produces; it is meant for an attempt.
    limitLayers: [limitsFromEnvironment(environment), timeoutMs ? { attemptTimeoutMs: timeoutMs } : {}, options],
    runtime: createRuntime(options.runtime),
    policies: createPolicies({ ...options, breaker: breakerOver(environment, options.breaker) }),
    pipeline: options.pipeline,
    tokens: new TokenEstimate(),
    remedies: options.remedies,
  };
}
