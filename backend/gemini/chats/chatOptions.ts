import type { Content, GenerateContentConfig } from '@google/genai';
import { OptionError } from '../../resilience/optionError.ts';
import { checkModelCall, type LlmOptions } from '../callSettings.ts';
import { type ChatExport, readHistory } from './chatHistory.ts';

/** Settings of a chat: those of each of its questions, and how it begins. */
export interface ChatOptions extends LlmOptions {
  /** The turns so far: complete ones, the user's first; or what `chat.export()` gave. @default none */
  readonly history?: readonly Content[] | ChatExport | undefined;
  /** Said to the model before all turns; wins over that of `config`. */
  readonly systemInstruction?: GenerateContentConfig['systemInstruction'] | undefined;
}

/** A chat's settings, checked. */
export interface ChatSettings {
  readonly defaults: LlmOptions;
  readonly history: readonly Content[];
}

/** Functions that the official client runs by itself leave turns behind that nobody sees. */
function checkTools(field: string, { config }: LlmOptions): void {
  for (const [index, tool] of config?.tools?.entries() ?? []) {
    if ('callTool' in tool)
      throw new OptionError(`${field}.config.tools[${index}]`, 'a function', 'left out: use chat.sendWithTools');
  }
}

/** @throws OptionError with the option, or the place in the history */
export function chatSettings(options: ChatOptions): ChatSettings {
  checkModelCall(options, ['history', 'systemInstruction']);
  checkTools('options', options);
  const { history = [], systemInstruction, ...given } = options;
  const config = systemInstruction === undefined ? given.config : { ...given.config, systemInstruction };
  return { defaults: { ...given, ...(config && { config }) }, history: readHistory(history) };
}

/** The chat's settings with those of one question over them. @throws OptionError */
export function questionOptions<O extends LlmOptions>(defaults: LlmOptions, options: O, more: readonly string[]): O {
  checkModelCall(options, more);
  checkTools('options', options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const config = { ...defaults.config, ...options.config };
  return { ...defaults, ...(Object.fromEntries(given) as O), config };
}
