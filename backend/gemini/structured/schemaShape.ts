import { isPlainObject, resolveRef } from './schemaRefs.ts';
import type { JsonSchema } from './standardSchema.ts';

/** What a JSON value is. */
export type Kind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** The schemas that a value may fit, one of which is enough: references followed, alternatives side by side. */
function alternatives(root: JsonSchema, schema: unknown, seen: ReadonlySet<unknown> = new Set()): JsonSchema[] {
  if (!isPlainObject(schema) || seen.has(schema)) return schema === true ? [{}] : [];
  const inner = new Set([...seen, schema]);
  if (typeof schema['$ref'] === 'string') return alternatives(root, resolveRef(root, schema['$ref']), inner);
  const others: unknown = schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(others)) return [schema];
  return others.flatMap(one => alternatives(root, one, inner));
}

function typesOf({ type }: JsonSchema): readonly unknown[] | undefined {
  return type === undefined ? undefined : Array.isArray(type) ? type : [type];
}

function mayBe(schema: JsonSchema, kind: Kind): boolean {
  const types = typesOf(schema);
  return types === undefined || types.includes(kind) || (kind === 'number' && types.includes('integer'));
}

function fits(schema: JsonSchema, value: unknown): boolean {
  const types = typesOf(schema);
  const isOnlyInteger = types?.includes('integer') && !types.includes('number');
  if (typeof value === 'number' && isOnlyInteger && !Number.isInteger(value)) return false;
  const { enum: listed } = schema;
  return !Array.isArray(listed) || listed.includes(value);
}

/** What a schema says of the types of a value that is still growing. Costs the same however long the value is. */
export class SchemaShape {
  readonly #root: JsonSchema;
  readonly #schemas: readonly JsonSchema[];
  readonly #parts = new Map<string, SchemaShape | undefined>();

  /** @param schema as it is sent to the API */
  constructor(root: JsonSchema, schemas: readonly JsonSchema[] = alternatives(root, root)) {
    this.#root = root;
    this.#schemas = schemas;
  }

  /** May the value be of this kind? */
  allows(kind: Kind): boolean {
    return this.#schemas.some(schema => mayBe(schema, kind));
  }

  /** May a text be shown before it is whole? Not one of a list: half a word of it is none of them. */
  get growsText(): boolean {
    return this.#schemas.some(schema => mayBe(schema, 'string') && schema['enum'] === undefined);
  }

  /** Is this a value, neither object nor list, that fits? */
  accepts(kind: Kind, value: unknown): boolean {
    return this.#schemas.some(schema => mayBe(schema, kind) && fits(schema, value));
  }

  /** The shape of a property; undefined where there may be none of this name. */
  property(name: string): SchemaShape | undefined {
    return this.#part(`.${name}`, schema => {
      const { properties, additionalProperties } = schema;
      const isNamed = isPlainObject(properties) && Object.hasOwn(properties, name);
      return isNamed ? properties[name] : (additionalProperties ?? true);
    });
  }

  /** The shape of an item, counted from 0. */
  item(index: number): SchemaShape | undefined {
    const longest = Math.max(
      0,
      ...this.#schemas.map(({ prefixItems }) => (Array.isArray(prefixItems) ? prefixItems.length : 0)),
    );
    const at = Math.min(index, longest);
    return this.#part(String(at), ({ prefixItems, items }) =>
      Array.isArray(prefixItems) && at < prefixItems.length ? prefixItems[at] : (items ?? true),
    );
  }

  #part(key: string, partOf: (schema: JsonSchema) => unknown): SchemaShape | undefined {
    if (this.#parts.has(key)) return this.#parts.get(key);
    const schemas = this.#schemas.flatMap(schema => alternatives(this.#root, partOf(schema)));
    const part = schemas.length === 0 ? undefined : new SchemaShape(this.#root, schemas);
    // Names that no schema lists may be as many as the answer is long.
    if (this.#parts.size < mostParts) this.#parts.set(key, part);
    return part;
  }
}

const mostParts = 1_000;
