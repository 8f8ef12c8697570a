import type { FunctionDeclaration } from '@google/genai';
import { checkFunction, checkObject, OptionError, show } from '../../resilience/optionError.ts';
import { type ReadSchema, readSchema } from '../structured/readSchema.ts';
import type { Tool } from './tool.ts';

/** A tool, checked and read. */
export interface ReadTool {
  readonly name: string;
  readonly declaration: FunctionDeclaration;
  readonly schema: ReadSchema | undefined;
  readonly execute: Tool['execute'];
}

/** Tools by their names. */
export type Toolbox = ReadonlyMap<string, ReadTool>;

/** As the API takes them. */
const namePattern = /^[a-z_][\w.:-]{0,127}$/i;

const toolKeys: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'execute']);

const nameRule = 'a name of letters, digits, _ . : -, at most 128, a letter or _ first';

function readTool(field: string, key: string | undefined, given: unknown): ReadTool {
  const tool = checkObject<Tool>(field, given, toolKeys);
  const { description, parameters, execute } = tool;
  const name = tool.name ?? key;
  if (typeof name !== 'string' || !namePattern.test(name)) throw new OptionError(`${field}.name`, show(name), nameRule);
  if (typeof description !== 'string' || description.trim() === '')
    throw new OptionError(`${field}.description`, show(description), 'a text for the model');
  checkFunction(`${field}.execute`, execute);
  const schema = parameters === undefined ? undefined : readSchema(`${field}.parameters`, parameters, 'object');
  const declaration = { name, description, ...(schema && { parametersJsonSchema: schema.sent }) };
  return { name, declaration, schema, execute: (args, context) => tool.execute(args, context) };
}

/** Reads the tools of a call. @throws OptionError, SchemaRefused with the place in a tool's schema */
export function readTools(tools: unknown): Toolbox {
  if (typeof tools !== 'object' || tools === null)
    throw new OptionError('tools', show(tools), 'an object or a list of tools');
  const isList = Array.isArray(tools);
  const box = new Map<string, ReadTool>();
  for (const [key, given] of Object.entries(tools)) {
    const tool = readTool(isList ? `tools[${key}]` : `tools.${key}`, isList ? undefined : key, given);
    if (box.has(tool.name))
      throw new OptionError('tools', `two of the name ${show(tool.name)}`, 'tools of different names');
    box.set(tool.name, tool);
  }
  if (box.size === 0) throw new OptionError('tools', 'empty', 'at least one tool');
  return box;
}
