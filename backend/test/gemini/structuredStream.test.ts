import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { JsonBuilder } from '../../gemini/structured/jsonBuilder.ts';
import { PartialJson } from '../../gemini/structured/partialJson.ts';
import { SchemaShape } from '../../gemini/structured/schemaShape.ts';
import type { JsonSchema } from '../../gemini/structured/standardSchema.ts';
import { type DeepPartial, isGeminiError, type JsonChunk } from '../../index.ts';
import { modelBench, rejection } from './modelBench.ts';

/** What is shown after each of the pieces. */
function shown(schema: JsonSchema, pieces: readonly string[]): unknown[] {
  const partial = new PartialJson(new SchemaShape(schema));
  return pieces.map(piece => {
    partial.write(piece);
    return partial.snapshot()?.value;
  });
}

const anything: JsonSchema = { type: ['object', 'array'] };

describe('a value that is still coming', () => {
  const rows: readonly (readonly [claim: string, pieces: readonly string[], shown: readonly unknown[]])[] = [
    [
      'an object',
      ['{', '"a":', ' 1', ', "b"', ':tr', 'ue}'],
      [{}, undefined, undefined, { a: 1 }, undefined, { a: 1, b: true }],
    ],
    ['a text grows', ['{"a":"Mo', 'nd', 'ay"}'], [{ a: 'Mo' }, { a: 'Mond' }, { a: 'Monday' }]],
    ['a list grows', ['[1,', '2', ',3]'], [[1], undefined, [1, 2, 3]]],
    [
      'a text in a list in an object',
      ['{"a":["x', 'y","', 'z"]}'],
      [{ a: ['x'] }, { a: ['xy', ''] }, { a: ['xy', 'z'] }],
    ],
    ['a number is shown when it is whole', ['[12', '3', '.5', ' ]'], [[], undefined, undefined, [123.5]]],
    ['a name is shown with its value', ['{"na', 'me', '":"', 'A'], [{}, undefined, { name: '' }, { name: 'A' }]],
    ['an escape is shown when it is whole', ['["a\\', 'n', 'b\\u00', 'e9"]'], [['a'], ['a\n'], ['a\nb'], ['a\nbé']]],
    [
      'a pair of code units is not cut',
      ['["\\ud83d', '\\ude00', '\ud83d', '\ude00"]'],
      [[''], ['😀'], undefined, ['😀😀']],
    ],
    ['an end that adds nothing', ['{"a":"x', '"', '}', ' '], [{ a: 'x' }, undefined, undefined, undefined]],
    ['a fence is passed over', ['Here:\n```json\n', '{"a":1', '}\n```'], [undefined, {}, { a: 1 }]],
    ['a name like any other', ['{"__proto__":{"x":1}}'], [JSON.parse('{"__proto__":{"x":1}}')]],
    ['what is no JSON ends it', ['{"a":1,', 'b:2}', '"c":3}'], [{ a: 1 }, undefined, undefined]],
  ];

  it.each(rows)('%s', (_claim, pieces, expected) => {
    expect(shown(anything, pieces)).toEqual(expected);
  });

  const typed: JsonSchema = {
    type: 'object',
    properties: {
      age: { type: 'integer' },
      color: { enum: ['red', 'blue'] },
      tags: { type: 'array', items: { type: 'string' } },
      kind: { anyOf: [{ type: 'object', properties: { a: { type: 'number' } } }, { type: 'null' }] },
      next: { $ref: '#' },
    },
    additionalProperties: false,
  };
  const wrong: readonly (readonly [claim: string, piece: string])[] = [
    ['a text for a number', '{"age":"3'],
    ['a fraction for an integer', '{"age":3.5,'],
    ['a word that is not listed', '{"color":"green"'],
    ['half a word that is listed', '{"color":"re'],
    ['a number among texts', '{"tags":["a",1,'],
    ['a name that is not there', '{"size":1,'],
    ['none of the alternatives', '{"kind":true,'],
    ['something wrong far inside', '{"next":{"next":{"age":null,'],
    ['a list for an object', '['],
  ];

  it.each(wrong)('%s is never shown', (_claim, piece) => {
    const values = shown(typed, [...piece]).filter(value => value !== undefined);
    expect(JSON.stringify(values)).not.toMatch(/3|re|green|1|size|true|null|\[\[/);
  });

  it('is at each moment a part of the whole, wherever the text is cut', () => {
    const value = fc.jsonValue({ maxDepth: 4 }).filter(one => typeof one === 'object' && one !== null);
    fc.assert(
      fc.property(
        value,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        fc.boolean(),
        (whole, cuts, isPretty) => {
          const text = JSON.stringify(whole, null, isPretty ? 2 : 0);
          const pieces: string[] = [];
          for (let at = 0, cut = 0; at < text.length; cut += 1) {
            const length = cuts[cut % cuts.length] ?? 1;
            pieces.push(text.slice(at, at + length));
            at += length;
          }
          const all = shown(anything, pieces).filter(one => one !== undefined);
          for (const one of all) expect(isPartOf(one, whole)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('what was shown is not changed by what comes later', () => {
    const partial = new PartialJson(new SchemaShape(anything));
    const seen: [unknown, string][] = [];
    for (const piece of '{"a":[1,2,{"b":"text"},[3]],"c":"end"}') {
      partial.write(piece);
      const value = partial.snapshot()?.value;
      if (value !== undefined) seen.push([value, JSON.stringify(value)]);
    }
    expect(seen.length).toBeGreaterThan(15);
    for (const [value, text] of seen) expect(JSON.stringify(value)).toBe(text);
  });

  it('copies no more than the text is long, however many pieces it comes in', () => {
    const copied = (items: number): number => {
      const builder = new JsonBuilder(new SchemaShape(anything));
      builder.begin([]);
      let values = 0;
      for (let item = 0; item < items; item += 1) {
        builder.count(2);
        builder.value(item);
        const shot = builder.snapshot(undefined);
        if (Array.isArray(shot?.value)) values += shot.value.length;
      }
      return values;
    };
    expect(copied(20_000)).toBeLessThanOrEqual(20_000 * 2 * 16);
    expect(copied(20_000)).toBeLessThan(2.5 * copied(10_000));
  });
});

/** Does a value hold only what another holds, texts up to a place? */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part);
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((one, index) => isPartOf(one, whole[index]));
  if (typeof part !== 'object' || part === null) return Object.is(part, whole) || part === whole;
  if (typeof whole !== 'object' || whole === null) return false;
  return Object.entries(part).every(([key, one]) => isPartOf(one, Reflect.get(whole, key)));
}

const story = z.object({
  title: z.string(),
  pages: z.array(z.int().min(1)),
  end: z.string().transform(text => text.length),
});
const text = '{"title":"A day in May","pages":[1,2,3],"end":"fin"}';

async function all<S>(stream: AsyncIterable<JsonChunk<S>>): Promise<JsonChunk<S>[]> {
  const chunks: JsonChunk<S>[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('callLlmJsonStream', () => {
  it('yields the value as it grows, and last the whole of it', async () => {
    const { runtime, gemini, asked } = modelBench({ model: () => text });
    const chunks = await runtime.settle(all(gemini.callLlmJsonStream('Tell me.', story)));
    const last = chunks.at(-1);
    expect(chunks.map(chunk => (chunk.isComplete ? 'whole' : chunk.partial)).slice(0, 3)).toEqual([
      {},
      { title: 'A da' },
      { title: 'A day in Ma' },
    ]);
    expect(last).toMatchObject({ isComplete: true, value: { title: 'A day in May', pages: [1, 2, 3], end: 3 } });
    expect(last).toMatchObject({ finishReason: 'STOP', usage: { totalTokenCount: 15 } });
    expect(chunks.filter(({ isComplete }) => isComplete)).toHaveLength(1);
    expect(chunks.map(chunk => chunk.text).join('')).toBe(text);
    expect(asked[0]?.generationConfig?.['responseJsonSchema']).toMatchObject({ type: 'object' });
  });

  it('types both by the schema', () => {
    const { gemini } = modelBench({ model: () => text });
    const stream = () => gemini.callLlmJsonStream('', story);
    type Chunk = ReturnType<typeof stream> extends AsyncGenerator<infer C> ? C : never;
    type Whole = Extract<Chunk, { isComplete: true }>['value'];
    type Part = Extract<Chunk, { isComplete: false }>['partial'];
    expectTypeOf<Whole>().toEqualTypeOf<{ title: string; pages: number[]; end: number }>();
    expectTypeOf<Part>().toEqualTypeOf<DeepPartial<{ title: string; pages: number[]; end: string }>>();
    expectTypeOf<Part['pages']>().toEqualTypeOf<readonly number[] | undefined>();
  });

  const bad: readonly (readonly [claim: string, text: string, rule: string, shown: unknown])[] = [
    [
      'a rule of its own that is broken',
      '{"title":"x","pages":[0],"end":""}',
      'output-does-not-match-schema',
      { title: 'x', pages: [0], end: '' },
    ],
    ['a wrong type', '{"title":"x","pages":"none"}', 'output-does-not-match-schema', { title: 'x' }],
    ['no JSON', 'I would rather not.', 'output-does-not-match-schema', undefined],
    ['half of it', '{"title":"x"', 'output-does-not-match-schema', { title: 'x' }],
  ];

  it.each(bad)('%s ends in an error with the text', async (_claim, answer, rule, lastShown) => {
    const { runtime, gemini, asked, events } = modelBench({ model: () => answer, pieceCharacters: 10 });
    const chunks: JsonChunk<typeof story>[] = [];
    const read = async () => {
      for await (const chunk of gemini.callLlmJsonStream('Tell me.', story)) chunks.push(chunk);
    };
    const error = await runtime.settle(rejection(read()));
    expect(isGeminiError(error) && error.failure).toMatchObject({ reason: 'malformed-output', rule });
    expect(isGeminiError(error) && (error.partialText ?? '')).toBe(answer);
    expect(chunks.map(chunk => !chunk.isComplete && chunk.partial).at(-1)).toEqual(lastShown);
    expect(asked).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'call-end', outcome: 'failure' });
  });

  it('no piece shows what the one before has shown', async () => {
    const { runtime, gemini } = modelBench({ model: () => '{"title":"x","pages":[],"end":""}', pieceCharacters: 1 });
    const chunks = await runtime.settle(all(gemini.callLlmJsonStream('Tell me.', story)));
    const shown = chunks.flatMap(chunk => (chunk.isComplete ? [] : [JSON.stringify(chunk.partial)]));
    expect(shown).toEqual([...new Set(shown)]);
    expect(chunks.map(chunk => chunk.text).join('')).toBe('{"title":"x","pages":[],"end":""}');
  });

  it('a check that hangs is bounded by the deadline, and by the signal', async () => {
    const hangs = z.string().refine(() => new Promise<boolean>(() => {}));
    const { runtime, gemini } = modelBench({ model: () => '"a"' });
    const startMs = runtime.now();
    const read = gemini.callLlmJsonStream('Tell me.', hangs, { deadlineMs: 3_000 });
    const error = await runtime.settle(rejection(all(read)));
    expect(error).toMatchObject({ failure: { reason: 'timeout' }, partialText: '"a"' });
    // The deadline ends with the first content: what is done after the last has as long again.
    expect(runtime.now() - startMs).toBeLessThan(3_200);
    const abort = new AbortController();
    runtime.setTimer(500, () => abort.abort('mine'));
    const left = gemini.callLlmJsonStream('Tell me.', hangs, { signal: abort.signal });
    expect(await runtime.settle(rejection(all(left)))).toBe('mine');
  });

  it('a check that throws ends it with its error and the text', async () => {
    const throws = z.string().refine(() => {
      throw new Error('no database');
    });
    const { runtime, gemini } = modelBench({ model: () => '"a"' });
    const error = await runtime.settle(rejection(all(gemini.callLlmJsonStream('Tell me.', throws))));
    expect(error).toMatchObject({
      ...{ failure: { rule: 'schema-check-failed', delivery: 'ambiguous' }, cause: { message: 'no database' } },
      partialText: '"a"',
    });
  });

  it('failures before the first piece are retried invisibly', async () => {
    const { runtime, gemini } = modelBench({
      model: () => text,
      simulated: { script: ['503', 'reset-before-headers', 'ok'] },
    });
    const chunks = await runtime.settle(all(gemini.callLlmJsonStream('Tell me.', story)));
    expect(chunks.at(-1)?.attempts).toHaveLength(3);
  });

  it('a schema that the API would refuse is refused at once', () => {
    const { gemini, asked } = modelBench({ model: () => text });
    expect(() => gemini.callLlmJsonStream('Tell me.', { type: 'object', not: {} })).toThrow('schema.not is a keyword');
    expect(asked).toEqual([]);
  });
});
