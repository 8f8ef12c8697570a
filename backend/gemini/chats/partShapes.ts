import type { Part } from '@google/genai';
import { OptionError, show } from '../../resilience/optionError.ts';

/** What a part holds, one of these at least: texts are texts, the others objects. */
const contentNames = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
] as const satisfies readonly (keyof Part)[];

/** What an object of a part cannot be without. */
const required: Readonly<Record<string, string>> = {
  inlineData: 'data',
  fileData: 'fileUri',
  functionCall: 'name',
  functionResponse: 'name',
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkContent(field: string, name: string, value: unknown): void {
  if (name === 'text') {
    if (typeof value !== 'string') throw new OptionError(field, show(value), 'a text');
    return;
  }
  if (!isObject(value)) throw new OptionError(field, show(value), 'an object');
  const inner = required[name];
  if (inner === undefined) return;
  const told = value[inner];
  if (typeof told !== 'string') throw new OptionError(`${field}.${inner}`, show(told), 'a text');
}

/** The value as a part of the API. @throws OptionError with the place in it */
export function checkPart(field: string, value: unknown): Part {
  if (!isObject(value)) throw new OptionError(field, show(value), 'a part');
  const held = contentNames.filter(name => value[name] !== undefined);
  if (held.length === 0) throw new OptionError(field, 'without content', `a part with ${contentNames.join(', ')}`);
  for (const name of held) checkContent(`${field}.${name}`, name, value[name]);
  return value;
}
