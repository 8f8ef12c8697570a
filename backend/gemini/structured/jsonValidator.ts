import { type Schema, type SchemaDraft, Validator } from '@cfworker/json-schema';
import { type Issue, pathOf } from './issues.ts';
import type { JsonSchema } from './standardSchema.ts';

const drafts: readonly (readonly [mark: string, draft: SchemaDraft])[] = [
  ['draft-04', '4'],
  ['draft-06', '7'],
  ['draft-07', '7'],
  ['2019-09', '2019-09'],
];

/** The draft that a schema names; the newest where it names none. */
function draftOf({ $schema }: JsonSchema): SchemaDraft {
  const found = drafts.find(([mark]) => typeof $schema === 'string' && $schema.includes(mark));
  return found?.[1] ?? '2020-12';
}

const keyOf = (token: string): string | number =>
  /^\d+$/.test(token) ? Number(token) : decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');

/** Keywords whose errors only say that something below them is wrong. */
const outer: ReadonlySet<string> = new Set(['properties', 'items', 'prefixItems', 'additionalProperties', '$ref']);

/** A check of values against a JSON Schema: what is wrong with one, empty where nothing is. Makes no code at run time. */
export function jsonValidator(schema: JsonSchema): (value: unknown) => readonly Issue[] {
  const validator = new Validator(schema as Schema, draftOf(schema), false);
  return value => {
    const { valid, errors } = validator.validate(value);
    if (valid) return [];
    const inner = errors.filter(({ keyword }) => !outer.has(keyword));
    return (inner.length > 0 ? inner : errors).map(({ instanceLocation, keyword, error }) => ({
      path: pathOf(instanceLocation.split('/').slice(1).map(keyOf)),
      message: keyword === 'false' ? 'There may be nothing here.' : error,
    }));
  };
}
