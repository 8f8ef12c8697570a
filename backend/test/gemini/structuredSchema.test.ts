import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readSchema } from '../../gemini/structured/readSchema.ts';
import { isGeminiError } from '../../index.ts';
import { modelBench, rejection } from './modelBench.ts';

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

/** The sent form of a schema, or its refusal. */
function sent(schema: object, root: 'any' | 'object' = 'any'): unknown {
  try {
    return readSchema('schema', schema as Readonly<Record<string, unknown>>, root).sent;
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

describe('what is sent of a JSON Schema', () => {
  const rows: readonly (readonly [claim: string, schema: object, sent: object])[] = [
    [
      'the keywords that the API reads',
      { type: 'array', items: { type: 'integer' }, maxItems: 3 },
      { type: 'array', items: { type: 'integer' }, maxItems: 3 },
    ],
    ['not what is checked here', { type: 'string', minLength: 1, pattern: '^a' }, { type: 'string' }],
    ['not what says nothing', { $schema: 'x', type: 'string', default: 'a', examples: ['b'] }, { type: 'string' }],
    ['a constant as a list of one', { const: 'a' }, { enum: ['a'] }],
    ['a flag that is constant by its type', { const: true }, { type: 'boolean' }],
    ['a list with null as alternatives', { enum: ['a', 1, null] }, { anyOf: [{ enum: ['a', 1] }, { type: 'null' }] }],
    [
      'the end of a tuple by its length',
      { type: 'array', prefixItems: [{ type: 'string' }], items: false, maxItems: 1 },
      { type: 'array', prefixItems: [{ type: 'string' }], maxItems: 1 },
    ],
    ['anything as an empty schema', object({ a: true }), object({ a: {} })],
    [
      'that nothing may be added',
      object({}, { additionalProperties: false }),
      object({}, { additionalProperties: false }),
    ],
    [
      'old definitions under their new name',
      object({ a: { $ref: '#/definitions/A' } }, { definitions: { A: { type: 'string' } } }),
      object({ a: { $ref: '#/$defs/A' } }, { $defs: { A: { type: 'string' } } }),
    ],
    [
      'a reference without its description',
      object({ a: { $ref: '#/$defs/A', description: 'x' } }, { $defs: { A: { type: 'string' } } }),
      object({ a: { $ref: '#/$defs/A' } }, { $defs: { A: { type: 'string' } } }),
    ],
    ['a circle within what may be left out', object({ next: { $ref: '#' } }), object({ next: { $ref: '#' } })],
    [
      'an order of properties',
      object({ a: {} }, { propertyOrdering: ['a'] }),
      object({ a: {} }, { propertyOrdering: ['a'] }),
    ],
  ];

  it.each(rows)('%s', (_claim, schema, expected) => {
    expect(sent(schema)).toEqual(expected);
    // What is sent is itself a schema that may be sent.
    expect(sent(expected)).toEqual(expected);
  });

  it('is what zod says of a tree', () => {
    const node = z.object({
      name: z.string(),
      get children() {
        return z.array(node).optional();
      },
    });
    expect(readSchema('schema', node).sent).toMatchObject({ properties: { children: { items: { $ref: '#' } } } });
  });
});

describe('what a plain JSON Schema says of a value', () => {
  const people = object({
    people: {
      type: 'array',
      items: object(
        { age: { type: 'integer' }, 'x/y': { minLength: 2 } },
        { required: ['age'], additionalProperties: false },
      ),
    },
  });
  const rows: readonly (readonly [value: unknown, ...issues: (readonly [path: string, message: string])[]])[] = [
    [{ people: [{ age: 1 }] }],
    [7, ['', 'Instance type "number" is invalid. Expected "object".']],
    [{ people: [{}] }, ['people[0]', 'Instance does not have required property "age".']],
    [
      { people: [{ age: 1 }, { age: 1.5 }] },
      ['people[1].age', 'Instance type "number" is invalid. Expected "integer".'],
    ],
    [{ people: [{ age: 1, 'x/y': 'a' }] }, ['people[0].x/y', 'String is too short (1 < 2).']],
    [{ people: [{ age: 1, size: 2 }] }, ['people[0].size', 'There may be nothing here.']],
  ];

  it.each(rows)('%j', async (value, ...issues) => {
    const checked = await readSchema('schema', people).check(value);
    expect(checked.ok ? [] : checked.issues.map(({ path, message }) => [path, message])).toEqual(issues);
    expect(checked.ok).toBe(issues.length === 0);
  });

  it('is read by the draft that it names', async () => {
    const old = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      ...object({ a: { $ref: '#/definitions/A' } }),
      definitions: { A: { type: 'string' } },
    };
    expect((await readSchema('schema', old).check({ a: 1 })).ok).toBe(false);
    expect((await readSchema('schema', old).check({ a: 'x' })).ok).toBe(true);
  });
});

describe('a schema that the API would refuse is refused before, with the place in it', () => {
  const known = ', but must be one of $id, ';
  const rows: readonly (readonly [schema: object, message: string])[] = [
    [
      object({ a: { allOf: [{ type: 'string' }] } }),
      'schema.properties.a.allOf is a keyword that the API does not know',
    ],
    [object({ a: { not: {} } }), `schema.properties.a.not is a keyword that the API does not know${known}`],
    [
      object({ a: { type: 'array', items: { patternProperties: {} } } }),
      'schema.properties.a.items.patternProperties is',
    ],
    [object({}, { propertys: {} }), 'schema.propertys is a keyword that the API does not know'],
    [object({ a: { type: 'text' } }), 'schema.properties.a.type is "text", but must be one of object, array,'],
    [object({ a: { enum: [] } }), 'schema.properties.a.enum is an array, but must be a list that is not empty.'],
    [object({ a: { enum: [{}] } }), 'schema.properties.a.enum is an array, but must be a list of texts, numbers'],
    [object({ a: { anyOf: [] } }), 'schema.properties.a.anyOf is an array, but must be a list of schemas.'],
    [object({ a: { anyOf: [{ type: 'string' }, 7] } }), 'schema.properties.a.anyOf[1] is 7, but must be a schema.'],
    [{ type: 'array', items: [{ type: 'string' }] }, 'schema.items is an array, but must be a schema.'],
    [
      object({ a: { $ref: 'https://x/y.json' } }),
      'schema.properties.a.$ref is "https://x/y.json", but must be a place in the same schema',
    ],
    [
      object({ a: { $ref: '#/$defs/100%' } }, { $defs: { '100%': { type: 'string' } } }),
      'schema.properties.a.$ref is "#/$defs/100%", but must be a place in the same schema',
    ],
    [object({ a: { $ref: '#/$defs/B' } }, { $defs: {} }), 'schema.properties.a.$ref is "#/$defs/B", but must be'],
    [object({ a: { $ref: '#', minimum: 3 } }), 'schema.properties.a.minimum is beside $ref'],
    [
      object({ next: { $ref: '#' } }, { required: ['next'] }),
      'schema.properties.next.$ref is a circle of required properties',
    ],
    [
      object(
        { a: { $ref: '#/$defs/A' } },
        {
          $defs: {
            A: object({ b: { $ref: '#/$defs/B' } }, { required: ['b'] }),
            B: object({ a: { type: 'array', items: { $ref: '#/$defs/A' } } }, { required: ['a'] }),
          },
        },
      ),
      'schema.$defs.B.properties.a.items.$ref is a circle',
    ],
    [object({ a: { type: 'string', pattern: '(' } }), 'schema.properties.a.pattern is "(", but must be a regular'],
    [{}, 'schema is a schema that says nothing of the value'],
    [{ description: 'anything' }, 'schema is a schema that says nothing of the value'],
  ];

  it.each(rows)('%j', (schema, message) => {
    expect(sent(schema)).toContain(message);
  });

  it('one that holds itself', () => {
    const schema: Record<string, unknown> = { type: 'object' };
    schema['properties'] = { self: schema };
    expect(sent(schema)).toContain('nested more than 64 deep');
  });

  it('one that is no object, where arguments of a tool are meant', () => {
    expect(sent({ type: 'array', items: {} }, 'object')).toContain('schema.type is "array", but must be "object"');
    expect(sent({ type: 'array', items: {} })).toEqual({ type: 'array', items: {} });
  });

  it('a Standard Schema that cannot tell its JSON Schema, with what to give instead', () => {
    const silent = { '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) } };
    expect(sent(silent)).toContain(
      'a schema of own that does not tell its JSON Schema, but must be a pair { schema, jsonSchema }',
    );
    expect(sent(z.object({ day: z.date() }))).toContain('Date cannot be represented in JSON Schema');
  });

  it('nothing is sent, and the error says so', async () => {
    const { runtime, gemini, asked } = modelBench({ model: () => '{}' });
    const error = await runtime.settle(rejection(gemini.callLlmJson('Who?', object({ a: { not: {} } }))));
    expect(isGeminiError(error) && error.failure).toMatchObject({
      errorClass: 'request',
      reason: 'schema-invalid',
      delivery: 'unsent',
      evidence: 'schema.properties.a.not',
    });
    expect(asked).toEqual([]);
  });

  const settings: readonly (readonly [options: object, message: string])[] = [
    [{ maxRepairs: -1 }, 'options.maxRepairs is -1, but must be an integer from 0 to 10.'],
    [{ maxRepairs: 11 }, 'options.maxRepairs is 11, but must be an integer from 0 to 10.'],
    [{ maxRepair: 1 }, 'options.maxRepair is no option'],
    [{ config: { responseJsonSchema: {} } }, 'config.responseJsonSchema is an object, but must be left out'],
    [{ config: { responseSchema: {} } }, 'config.responseSchema is an object, but must be left out'],
    [
      { config: { responseMimeType: 'text/plain' } },
      'config.responseMimeType is "text/plain", but must be "application/json".',
    ],
  ];

  it.each(settings)('a wrong setting: %j', async (options, message) => {
    const { runtime, gemini, asked } = modelBench({ model: () => '{}' });
    const error = await runtime.settle(rejection(gemini.callLlmJson('Who?', z.object({}), options)));
    expect(isGeminiError(error) && error.failure.message).toContain(message);
    expect(asked).toEqual([]);
  });
});
