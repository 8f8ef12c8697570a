import { show } from '../../resilience/optionError.ts';
import { SchemaRefused } from '../settings/optionFailure.ts';
import {
  annotations,
  checkedKeywords,
  listKeywords,
  mapKeywords,
  schemaKeywords,
  sentKeywords,
  typeNames,
} from './schemaKeywords.ts';
import { checkRefs, isPlainObject } from './schemaRefs.ts';
import type { JsonSchema } from './standardSchema.ts';

/** Deeper than any schema that the API takes; a schema that holds itself as an object would never end. */
const deepest = 64;

type Path = (keyword: string) => string;

function refuse(path: string, value: unknown, allowed: string): never {
  throw new SchemaRefused(path, show(value), allowed);
}

function sendableType(path: string, type: unknown): unknown {
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  const all = `of ${[...typeNames].join(', ')}`;
  const isKnown = names.length > 0 && names.every(name => typeof name === 'string' && typeNames.has(name));
  return isKnown ? type : refuse(path, type, Array.isArray(type) ? `a list ${all}` : `one ${all}`);
}

const isEnumerable = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

/** The API takes lists of texts and numbers: what else is listed is said by its type. */
function sendableEnum(path: string, values: unknown): JsonSchema {
  if (!Array.isArray(values) || values.length === 0) return refuse(path, values, 'a list that is not empty');
  const simple = values.filter(isEnumerable);
  if (simple.length === values.length) return { enum: simple };
  const types = new Set(
    values.filter(value => !isEnumerable(value)).map(value => (value === null ? 'null' : typeof value)),
  );
  if (types.has('object')) return refuse(path, values, 'a list of texts, numbers, booleans and null');
  const others = [...types].map(type => ({ type }));
  return simple.length === 0 && others.length === 1
    ? { ...others[0] }
    : { anyOf: [...(simple.length > 0 ? [{ enum: simple }] : []), ...others] };
}

function sendableList(path: string, list: unknown, depth: number): unknown {
  if (!Array.isArray(list) || list.length === 0) return refuse(path, list, 'a list of schemas');
  return list.map((one, index) => sendable(`${path}[${index}]`, one, depth));
}

function sendableMap(path: string, map: unknown, depth: number): unknown {
  if (!isPlainObject(map)) return refuse(path, map, 'an object of schemas');
  return Object.fromEntries(Object.entries(map).map(([name, one]) => [name, sendable(`${path}.${name}`, one, depth)]));
}

/** It is our own check that reads it. */
function checkPattern(path: string, pattern: unknown): void {
  try {
    new RegExp(String(pattern), 'u');
  } catch {
    refuse(path, pattern, 'a regular expression');
  }
}

/** What is sent of one keyword: what it becomes, which may be several, or none. */
function sendableKeyword(path: string, keyword: string, value: unknown, depth: number): JsonSchema {
  if (mapKeywords.has(keyword)) return { [keyword]: sendableMap(path, value, depth + 1) };
  if (listKeywords.has(keyword)) return { [keyword]: sendableList(path, value, depth + 1) };
  if (schemaKeywords.has(keyword)) {
    // That nothing follows a fixed list is said by maxItems.
    if (keyword === 'items' && value === false) return {};
    const isFlag = keyword === 'additionalProperties' && typeof value === 'boolean';
    return { [keyword]: isFlag ? value : sendable(path, value, depth + 1) };
  }
  if (keyword === 'type') return { type: sendableType(path, value) };
  if (keyword === 'enum') return sendableEnum(path, value);
  if (keyword === 'const') return sendableEnum(path, [value]);
  if (keyword === 'pattern') checkPattern(path, value);
  if (keyword === '$ref') return { $ref: String(value).replace(/^#\/definitions\//, '#/$defs/') };
  return sentKeywords.has(keyword) ? { [keyword]: value } : {};
}

function checkKeyword(path: string, keyword: string): void {
  if (sentKeywords.has(keyword) || checkedKeywords.has(keyword) || annotations.has(keyword)) return;
  throw new SchemaRefused(path, 'a keyword that the API does not know', `one of ${[...sentKeywords].join(', ')}`);
}

/** Beside a reference the API takes nothing but what begins with a dollar sign. */
function besideRef(path: Path, schema: JsonSchema): JsonSchema {
  const { title: _title, description: _description, ...rest } = schema;
  const stray = Object.keys(rest).find(name => !name.startsWith('$') && !annotations.has(name));
  if (stray === undefined) return rest;
  throw new SchemaRefused(path(stray), 'beside $ref', 'in the schema that it points at');
}

function sendable(path: string, schema: unknown, depth: number): JsonSchema {
  if (schema === true) return {};
  if (!isPlainObject(schema)) return refuse(path, schema, 'a schema');
  if (depth > deepest) throw new SchemaRefused(path, `nested more than ${deepest} deep`, 'less nested');
  const at: Path = keyword => `${path}.${keyword}`;
  const given = '$ref' in schema ? besideRef(at, schema) : schema;
  const sent: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const keyword = name === 'definitions' ? '$defs' : name;
    checkKeyword(at(name), keyword);
    for (const [key, one] of Object.entries(sendableKeyword(at(name), keyword, value, depth))) sent[key] ??= one;
  }
  return sent;
}

/**
 * What is sent of a JSON Schema: the keywords that the API documents, the rest being checked when the answer has come.
 * @param root what the schema has to describe: anything, or an object, as the parameters of a tool
 * @throws SchemaRefused that names the place in the schema
 */
export function sendableSchema(field: string, schema: JsonSchema, root: 'any' | 'object'): JsonSchema {
  const sent = sendable(field, schema, 0);
  checkRefs(field, sent);
  const says = ['type', '$ref', 'anyOf', 'oneOf', 'enum', 'properties'].some(keyword => keyword in sent);
  if (!says) throw new SchemaRefused(field, 'a schema that says nothing of the value', 'one with a type');
  if (root === 'object' && sent['type'] !== 'object' && !('properties' in sent) && !('$ref' in sent)) {
    return refuse(`${field}.type`, sent['type'], '"object", because parameters have names');
  }
  return sent;
}
