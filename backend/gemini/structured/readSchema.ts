import { OptionError, show } from '../../resilience/optionError.ts';
import { type Issue, issueOf } from './issues.ts';
import { jsonValidator } from './jsonValidator.ts';
import { isPlainObject } from './schemaRefs.ts';
import { sendableSchema } from './sendableSchema.ts';
import type { JsonSchema, SchemaPair, SchemaSource, StandardSchema } from './standardSchema.ts';

/** What a check says of a value. */
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** A schema, read: what is sent of it, and how values are checked. */
export interface ReadSchema {
  readonly sent: JsonSchema;
  /** Rejects only where the user's own check throws. */
  readonly check: (value: unknown) => Promise<Checked>;
}

const isStandard = (source: unknown): source is StandardSchema =>
  ((typeof source === 'object' && source !== null) || typeof source === 'function') &&
  typeof Reflect.get(source, '~standard') === 'object';

const isPair = (source: unknown): source is SchemaPair =>
  isPlainObject(source) && isStandard(source['schema']) && 'jsonSchema' in source;

/** What libraries are asked for, best first. */
const targets = ['draft-2020-12', 'draft-07'] as const;

interface TellsJsonSchema {
  readonly input: (options: { readonly target: string }) => unknown;
}

function tellsJsonSchema(schema: StandardSchema): TellsJsonSchema | undefined {
  const teller: unknown = Reflect.get(schema['~standard'], 'jsonSchema');
  const tells =
    typeof teller === 'object' && teller !== null && 'input' in teller && typeof teller.input === 'function';
  return tells ? (teller as TellsJsonSchema) : undefined;
}

/** The JSON Schema of what goes into a schema, as its library tells it. @throws OptionError where it cannot */
function toldBy(field: string, schema: StandardSchema): JsonSchema {
  const { vendor } = schema['~standard'];
  const pair = `a pair { schema, jsonSchema }, or a schema that tells its JSON Schema by ~standard.jsonSchema`;
  const teller = tellsJsonSchema(schema);
  if (teller === undefined)
    throw new OptionError(field, `a schema of ${vendor} that does not tell its JSON Schema`, pair);
  let cause: unknown;
  for (const target of targets) {
    try {
      const told = teller.input({ target });
      if (isPlainObject(told)) return told;
    } catch (error) {
      cause ??= error;
    }
  }
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  throw new OptionError(field, `a schema of ${vendor} that has no JSON Schema${why}`, pair);
}

async function checkBy(schema: StandardSchema, value: unknown): Promise<Checked> {
  const result = await schema['~standard'].validate(value);
  return result.issues === undefined
    ? { ok: true, value: result.value }
    : { ok: false, issues: result.issues.map(issueOf) };
}

/**
 * Reads what describes a value.
 * @param root what it has to describe: anything, or an object, as the parameters of a tool
 * @throws OptionError, SchemaRefused with the place in the schema
 */
export function readSchema(field: string, source: SchemaSource, root: 'any' | 'object' = 'any'): ReadSchema {
  const schema = isStandard(source) ? source : isPair(source) ? source.schema : undefined;
  if (schema !== undefined) {
    const told = isPair(source) ? (source.jsonSchema as JsonSchema) : toldBy(field, schema);
    return { sent: sendableSchema(field, told, root), check: value => checkBy(schema, value) };
  }
  if (!isPlainObject(source)) throw new OptionError(field, show(source), 'a Standard Schema or a JSON Schema');
  const sent = sendableSchema(field, source, root);
  const issuesOf = jsonValidator(source);
  return {
    sent,
    check: async value => {
      const issues = issuesOf(value);
      return issues.length === 0 ? { ok: true, value } : { ok: false, issues };
    },
  };
}
