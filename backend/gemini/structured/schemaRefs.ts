import { SchemaRefused } from '../settings/optionFailure.ts';
import { listKeywords, schemaKeywords } from './schemaKeywords.ts';
import type { JsonSchema } from './standardSchema.ts';

/** Is it an object with names, no list? */
export const isPlainObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name that a token of a reference stands for; undefined for a percent sign that escapes nothing. */
function unescaped(token: string): string | undefined {
  try {
    return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}

/** What a reference within a schema points at: `#`, or `#/$defs/Name`. Undefined where nothing is there. */
export function resolveRef(root: JsonSchema, ref: string): JsonSchema | undefined {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const token of ref.slice(2).split('/')) {
    const name = unescaped(token);
    if (name === undefined || typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return isPlainObject(at) ? at : undefined;
}

interface Reference {
  readonly ref: string;
  readonly path: string;
  /** Does every value that fits the schema hold what it points at? */
  readonly isRequired: boolean;
}

/** The references of a schema itself, those within its definitions left out. */
function* referencesIn(schema: unknown, path: string, isRequired: boolean): Generator<Reference> {
  if (!isPlainObject(schema)) return;
  if (typeof schema['$ref'] === 'string') yield { ref: schema['$ref'], path: `${path}.$ref`, isRequired };
  for (const keyword of schemaKeywords) yield* referencesIn(schema[keyword], `${path}.${keyword}`, isRequired);
  for (const keyword of listKeywords) {
    const list = schema[keyword];
    if (!Array.isArray(list)) continue;
    for (const [index, one] of list.entries()) yield* referencesIn(one, `${path}.${keyword}[${index}]`, isRequired);
  }
  const required: unknown = schema['required'];
  for (const [name, one] of Object.entries(schema['properties'] ?? {})) {
    const isHere = Array.isArray(required) && required.includes(name);
    yield* referencesIn(one, `${path}.properties.${name}`, isRequired && isHere);
  }
}

/**
 * Checks the references of a schema: each must point into it, and one that leads back to itself may do so only by way of a
 * property that need not be there, because the API unrolls it.
 * @throws SchemaRefused that names the reference
 */
export function checkRefs(field: string, root: JsonSchema): void {
  const done = new Set<string>();
  const open: string[] = [];
  const visit = (ref: string, path: string): void => {
    const schema = resolveRef(root, ref);
    if (schema === undefined)
      throw new SchemaRefused(path, JSON.stringify(ref), 'a place in the same schema, as #/$defs/Name');
    if (done.has(ref)) return;
    open.push(ref);
    const within = ref === '#' ? field : `${field}${ref.slice(1).replaceAll('/', '.')}`;
    for (const next of referencesIn(schema, within, true)) {
      if (next.isRequired && open.includes(next.ref)) {
        throw new SchemaRefused(next.path, 'a circle of required properties', 'within a property that is not required');
      }
      if (next.isRequired) visit(next.ref, next.path);
      else later.push(next);
    }
    open.pop();
    done.add(ref);
  };
  const later: Reference[] = [{ ref: '#', path: field, isRequired: false }];
  for (let next = later.pop(); next !== undefined; next = later.pop()) visit(next.ref, next.path);
}
