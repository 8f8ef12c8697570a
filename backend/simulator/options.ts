/** Everything that can be set, with its default and its range. */

import { createRuntime, type Runtime } from '../resilience/wholeRuntime.ts';
import { type Capacity, checkCapacity } from './capacity.ts';
import { checkFields, checkInteger, checkNumber, checkObject, checkOneOf, refuse } from './check.ts';
import type { LedgerEntry } from './ledger.ts';
import { checkOutages, type Outage } from './outages.ts';
import { checkQuotaChanges, checkQuotas, type QuotaChange, type Quotas, type QuotasByModel } from './quotas.ts';
import { checkStep, type ScriptStep } from './script.ts';
import type { FileProcessing } from './service/state.ts';
import { defaultAnswer } from './text.ts';
import { checkWeather, type Weather } from './weather.ts';

/** All options of a simulator; each has a default. */
export interface SimulatorOptions {
  /** The port on 127.0.0.1, from 0 to 65 535; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** The only keys that are accepted; empty accepts any key, but not none. @default [] */
  readonly apiKeys?: readonly string[];
  /** The only models that exist; empty lets every model exist. @default [] */
  readonly models?: readonly string[];
  /** The text answer to a prompt, and to what the user has said before it. @default an echo and three sentences */
  readonly answer?: (prompt: string, earlier: readonly string[]) => string;
  /** When to call a declared function: where the prompt names it, at every chance, or never. @default 'asked' */
  readonly callFunctions?: 'asked' | 'always' | 'never';
  /** Characters of text in one chunk of a stream, about; at least 1. @default 40 */
  readonly chunkCharacters?: number;
  /** What becomes of uploaded files. @default they are ready at once */
  readonly fileProcessing?: FileProcessing;
  /** Milliseconds from a request to its answer. @default 0 */
  readonly latencyMs?: number;
  /** Milliseconds between the chunks of a stream. @default 0 */
  readonly chunkGapMs?: number;
  /** Faults in a given order. @default [] */
  readonly script?: readonly ScriptStep[];
  /** Faults by chance. @default none */
  readonly weather?: Weather;
  /** Windows of time in which everything fails. @default [] */
  readonly outages?: readonly Outage[];
  /** Quotas for each project (or key) and model, for all models alike or for each its own. @default none */
  readonly quotas?: Quotas | QuotasByModel;
  /** Quotas that take the place of these in the course of time. @default [] */
  readonly quotaChanges?: readonly QuotaChange[];
  /** What the service can do before it collapses. @default anything */
  readonly capacity?: Capacity;
  /** Clock and timers; quotas, outages, latency and stalls go by it. @default the system's */
  readonly runtime?: Partial<Runtime>;
  /** Called once for each request, when its answer has ended or its connection has closed. */
  readonly onRequest?: (entry: LedgerEntry) => void;
}

/** The options with all defaults filled in. */
export interface Settings extends Required<Omit<SimulatorOptions, 'weather' | 'capacity' | 'runtime' | 'onRequest'>> {
  readonly capacity: Capacity | undefined;
  readonly weather: Weather | undefined;
  readonly runtime: Runtime;
  readonly onRequest: (entry: LedgerEntry) => void;
}

/** What holds where nothing is said. */
export const simulatorDefaults = Object.freeze({
  port: 0,
  apiKeys: [],
  models: [],
  answer: defaultAnswer,
  callFunctions: 'asked',
  chunkCharacters: 40,
  fileProcessing: {},
  latencyMs: 0,
  chunkGapMs: 0,
  script: [],
  outages: [],
  quotas: {},
  quotaChanges: [],
}) satisfies Partial<SimulatorOptions>;

const optionNames = [...Object.keys(simulatorDefaults), 'capacity', 'weather', 'runtime', 'onRequest'];

function checkTexts(field: string, texts: readonly string[]): void {
  for (const [index, text] of texts.entries()) {
    if (typeof text !== 'string' || text === '') refuse(`${field}[${index}]`, text, 'a text that is not empty');
  }
}

function checkFileProcessing(processing: FileProcessing): void {
  checkObject('fileProcessing', processing);
  checkFields('fileProcessing', processing, ['polls', 'failure']);
  checkInteger('fileProcessing.polls', processing.polls, [0, 1_000]);
  if (processing.failure !== undefined) checkTexts('fileProcessing.failure', [processing.failure]);
}

/** Checks the options and fills in the defaults. Throws SimulatorOptionError. */
export function settingsOf(options: SimulatorOptions): Settings {
  checkFields('', options, optionNames);
  const runtime = createRuntime(options.runtime);
  const settings: Settings = {
    capacity: undefined,
    weather: undefined,
    onRequest: () => {},
    ...simulatorDefaults,
    ...options,
    runtime,
  };
  checkInteger('port', settings.port, [0, 65_535]);
  checkTexts('apiKeys', settings.apiKeys);
  checkTexts('models', settings.models);
  checkOneOf('callFunctions', settings.callFunctions, ['asked', 'always', 'never']);
  checkInteger('chunkCharacters', settings.chunkCharacters, [1, 1_000_000]);
  checkFileProcessing(settings.fileProcessing);
  checkNumber('latencyMs', settings.latencyMs, [0, 3_600_000]);
  checkNumber('chunkGapMs', settings.chunkGapMs, [0, 3_600_000]);
  for (const [index, step] of settings.script.entries()) checkStep(`script[${index}]`, step);
  checkWeather('weather', settings.weather);
  checkOutages(settings.outages);
  checkQuotas('quotas', settings.quotas);
  checkQuotaChanges(settings.quotaChanges);
  checkCapacity('capacity', settings.capacity);
  return settings;
}
