import type { GenerateContentConfig } from '@google/genai';
import { checkNumber, OptionError, show } from '../../resilience/optionError.ts';
import { checkModelCall, type LlmParameters, type LlmRequest, llmParameters } from '../callSettings.ts';
import type { JsonOptions } from './jsonResults.ts';
import { type ReadSchema, readSchema } from './readSchema.ts';
import type { SchemaSource } from './standardSchema.ts';

/** How often the model is asked again where nothing is said. */
export const defaultMaxRepairs = 2;

const repairs = { min: 0, max: 10, integer: true } as const;

/** A question, checked: what is sent, and what its answer has to be. */
export interface JsonQuestion {
  readonly parameters: LlmParameters;
  readonly schema: ReadSchema;
  readonly maxRepairs: number;
}

/** The schema is an argument, so that it is said once. */
const ownSettings = ['responseSchema', 'responseJsonSchema', 'responseFormat'] as const;

const jsonType = 'application/json';

function checkOwnSettings(config: GenerateContentConfig): void {
  for (const name of ownSettings) {
    const value: unknown = Reflect.get(config, name);
    if (value !== undefined)
      throw new OptionError(`config.${name}`, show(value), 'left out: the schema is an argument');
  }
  const { responseMimeType: type } = config;
  if (type !== undefined && type !== jsonType)
    throw new OptionError('config.responseMimeType', show(type), show(jsonType));
}

/**
 * Checks a question that is to be answered with a value. `allowed`: the options beyond those of every question.
 * @throws OptionError, SchemaRefused with the place in the schema
 */
export function jsonQuestion(
  request: LlmRequest,
  source: SchemaSource,
  options: JsonOptions,
  { defaultModel, allowed }: { readonly defaultModel: string; readonly allowed: readonly 'maxRepairs'[] },
): JsonQuestion {
  checkModelCall(options, allowed);
  const { maxRepairs = defaultMaxRepairs } = options;
  checkNumber('options.maxRepairs', maxRepairs, repairs);
  const given = llmParameters(request, options, defaultModel);
  checkOwnSettings(given.config);
  const schema = readSchema('schema', source);
  const config = { ...given.config, responseMimeType: jsonType, responseJsonSchema: schema.sent };
  return { parameters: { ...given, config }, schema, maxRepairs };
}
