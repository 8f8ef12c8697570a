import type { LiveConnectConfig } from '@google/genai';
import {
  checkFunction,
  checkIsObject,
  checkNumber,
  checkObject,
  type NumberRange,
  OptionError,
  show,
} from '../../resilience/optionError.ts';
import { type CallLimits, checkCallSignal, checkLimits } from '../settings/callLimits.ts';
import { checkRetryOptions, type RetryOptions } from '../settings/retryConfig.ts';
import type { LiveParameters } from './liveTypes.ts';

/**
 * Settings of one live session. `deadlineMs` bounds the first connecting, and each reconnecting, with its waits; `idleTimeoutMs` is
 * how long a connection may be silent, to pings as well, before it is given up as dead.
 */
export interface LiveOptions extends Pick<CallLimits, 'deadlineMs' | 'idleTimeoutMs'> {
  /** Ends the session at any moment. */
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryOptions | undefined;
  /** One connection, until the server has accepted the setup. In milliseconds, 1 to 86,400,000. @default 30_000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Connections after the first, over the whole session. An integer from 0 to 1,000,000, or Infinity. @default Infinity */
  readonly maxReconnects?: number | undefined;
  /** Messages that may wait while there is no connection. An integer from 0 to 1,000,000. @default 1_000 */
  readonly maxBufferedMessages?: number | undefined;
  /** The same in bytes, also of what the network has not taken yet. From 0 to 1,073,741,824. @default 16_777_216 */
  readonly maxBufferedBytes?: number | undefined;
}

/** What holds where nothing is said. */
export const liveDefaults = {
  connectTimeoutMs: 30_000,
  maxReconnects: Number.POSITIVE_INFINITY,
  maxBufferedMessages: 1_000,
  maxBufferedBytes: 16 * 1024 * 1024,
} as const;

/** What holds for one session. */
export type LiveLimits = { readonly [K in keyof typeof liveDefaults]: number };

/** The options with what holds where they say nothing. */
export function liveLimits(options: LiveOptions): LiveLimits {
  const { connectTimeoutMs, maxReconnects, maxBufferedMessages, maxBufferedBytes } = options;
  return {
    connectTimeoutMs: connectTimeoutMs ?? liveDefaults.connectTimeoutMs,
    maxReconnects: maxReconnects ?? liveDefaults.maxReconnects,
    maxBufferedMessages: maxBufferedMessages ?? liveDefaults.maxBufferedMessages,
    maxBufferedBytes: maxBufferedBytes ?? liveDefaults.maxBufferedBytes,
  };
}

const ranges = {
  connectTimeoutMs: { min: 1, max: 86_400_000, unit: 'ms' },
  maxReconnects: { min: 0, max: 1_000_000, integer: true, infinity: true },
  maxBufferedMessages: { min: 0, max: 1_000_000, integer: true },
  maxBufferedBytes: { min: 0, max: 1_073_741_824, unit: 'bytes' },
} as const satisfies Record<keyof typeof liveDefaults, NumberRange>;

const optionKeys: ReadonlySet<string> = new Set([
  ...['signal', 'retry', 'deadlineMs', 'idleTimeoutMs'],
  ...Object.keys(ranges),
]);
const parameterKeys: ReadonlySet<string> = new Set(['model', 'config', 'callbacks']);
const callbackKeys: ReadonlySet<string> = new Set(['onopen', 'onmessage', 'onerror', 'onclose']);

/** @throws OptionError */
export function checkLiveOptions(options: LiveOptions): void {
  checkObject('options', options, optionKeys);
  checkLimits('options.', options);
  checkCallSignal('options.', options.signal);
  if (options.retry !== undefined) checkRetryOptions('options.retry', options.retry);
  for (const [name, range] of Object.entries(ranges)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined) checkNumber(`options.${name}`, value, range);
  }
}

function checkConfig(config: LiveConnectConfig): void {
  checkIsObject('config', config);
  if (config.httpOptions !== undefined)
    throw new OptionError('config.httpOptions', 'given', 'given to the client: a WebSocket has none of its own');
  if (config.abortSignal !== undefined) throw new OptionError('config.abortSignal', 'given', 'given as options.signal');
  if (config.tools !== undefined && !Array.isArray(config.tools))
    throw new OptionError('config.tools', show(config.tools), 'an array');
  const { sessionResumption } = config;
  if (sessionResumption === undefined) return;
  checkIsObject('config.sessionResumption', sessionResumption);
  const { handle } = sessionResumption;
  if (handle !== undefined && typeof handle !== 'string')
    throw new OptionError('config.sessionResumption.handle', show(handle), 'a text');
}

/** @throws OptionError */
export function checkLiveParameters(parameters: LiveParameters, vertex: boolean): void {
  checkObject('parameters', parameters, parameterKeys);
  const { model, config, callbacks } = parameters;
  if (typeof model !== 'string' || model.trim() === '')
    throw new OptionError('parameters.model', show(model), 'the name of a model for live sessions');
  if (config !== undefined) checkConfig(config);
  if (config?.sessionResumption?.transparent && !vertex)
    throw new OptionError('config.sessionResumption.transparent', 'true', 'left out: only Vertex AI has it');
  if (callbacks === undefined) return;
  checkObject('callbacks', callbacks, callbackKeys);
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && callback !== null) checkFunction(`callbacks.${name}`, callback);
  }
}
