/** A value that fits a schema: the arguments of a function call, the answer in JSON mode. */

import { listOf, objectOf, textOf } from '../json.ts';

function sampleObject(schema: Readonly<Record<string, unknown>>, seed: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(objectOf(schema['properties'])).map(([name, inner]) => [name, sampleOf(inner, seed)]),
  );
}

/** Follows the type, the enum, the items and the properties of an OpenAPI or JSON schema; texts are the seed. */
export function sampleOf(schema: unknown, seed: string): unknown {
  const node = objectOf(schema);
  const [first] = listOf(node['enum']);
  if (first !== undefined) return first;
  switch (textOf(node['type']).toLowerCase()) {
    case 'object':
      return sampleObject(node, seed);
    case 'array':
      return [sampleOf(node['items'], seed)];
    case 'integer':
    case 'number':
      return typeof node['minimum'] === 'number' ? node['minimum'] : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return seed;
  }
}
