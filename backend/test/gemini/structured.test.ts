import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { GeminiCore, type GeminiError, isGeminiError } from '../../index.ts';
import { modelBench, rejection, type Said } from './modelBench.ts';

const person = z.object({ name: z.string().min(1), age: z.int() });
const right = '{"name":"Ada","age":36}';
const blank = '{"name":"","age":36}';

const inOrder = (answers: readonly Said[]) => (_asked: unknown, number: number) => answers[number] ?? 'nothing left';

async function failed(promise: Promise<unknown>): Promise<GeminiError> {
  const error = await rejection(promise);
  if (!isGeminiError(error)) throw error;
  return error;
}

describe('callLlmJson', () => {
  it('gives the value that was asked for, and sends the schema', async () => {
    const { runtime, gemini, asked } = modelBench({ model: inOrder([right]) });
    const result = await runtime.settle(gemini.callLlmJson('Who?', person));
    expect(result).toMatchObject({ value: { name: 'Ada', age: 36 }, asks: 1, text: right, finishReason: 'STOP' });
    expect(result.attempts).toHaveLength(1);
    expect(asked[0]?.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          age: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
        },
        required: ['name', 'age'],
      },
    });
  });

  it('asks again with what was wrong: twice wrong, then right, is a value in 3 asks', async () => {
    const { runtime, gemini, asked, events } = modelBench({ model: inOrder([blank, '{"name":"Ada"}', right]) });
    const { value, asks, attempts } = await runtime.settle(gemini.callLlmJson('Who?', person));
    expect({ value, asks }).toEqual({ value: { name: 'Ada', age: 36 }, asks: 3 });
    expect(attempts.map(({ exchange, failure }) => [exchange, failure?.reason])).toEqual([
      [1, 'malformed-output'],
      [2, 'malformed-output'],
      [3, undefined],
    ]);
    const roles = asked[2]?.contents.map(({ role, parts }) => [role, parts[0]?.text]);
    expect(roles?.slice(0, 2)).toEqual([
      ['user', 'Who?'],
      ['model', '{"name":"Ada"}'],
    ]);
    expect(roles?.[2]?.[1]).toContain('age: Invalid input: expected number, received undefined');
    expect(events.filter(({ type }) => type === 'repair')).toMatchObject([{ ask: 2 }, { ask: 3 }]);
    expect(events.at(-1)).toMatchObject({ type: 'call-end', outcome: 'success' });
  });

  it('where no answer fits, fails with the validator’s message and the last text', async () => {
    const { runtime, gemini, asked, events } = modelBench({ model: () => blank });
    const error = await runtime.settle(failed(gemini.callLlmJson('Who?', person)));
    expect(error.failure).toMatchObject({
      errorClass: 'server',
      reason: 'malformed-output',
      evidence: 'name',
      message: 'name: Too small: expected string to have >=1 characters',
    });
    expect(error.partialText).toBe(blank);
    expect(error.cause).toMatchObject({ name: 'SchemaMismatch', issues: [{ path: 'name' }] });
    expect(error.attempts).toHaveLength(3);
    expect(error.attempts.every(({ failure }) => failure?.reason === 'malformed-output')).toBe(true);
    expect(asked).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'call-end', outcome: 'failure', attempts: 3 });
  });

  it.each([0, 1, 4])('maxRepairs %i is so many further asks', async maxRepairs => {
    const { runtime, gemini, asked } = modelBench({ model: () => 'no JSON at all' });
    const error = await runtime.settle(failed(gemini.callLlmJson('Who?', person, { maxRepairs })));
    expect(asked).toHaveLength(maxRepairs + 1);
    expect(error.failure.message).toBe('The answer is not one JSON value.');
  });

  it('JSON that was cut at the limit of tokens is not asked for again, and says what to raise', async () => {
    const cut = { candidates: [{ content: { parts: [{ text: '{"name":"A' }] }, finishReason: 'MAX_TOKENS' }] };
    const { runtime, gemini, asked } = modelBench({ model: () => cut });
    const error = await runtime.settle(failed(gemini.callLlmJson('Who?', person)));
    expect(asked).toHaveLength(1);
    expect(error.failure).toMatchObject({
      reason: 'invalid-argument',
      rule: 'output-cut-at-token-limit',
      retryable: false,
    });
    expect(error.failure.advice).toContain('maxOutputTokens');
    expect(error.partialText).toBe('{"name":"A');
  });

  it('JSON that was cut by a block is not asked for again', async () => {
    const cut = { candidates: [{ content: { parts: [{ text: '{"name":"A' }] }, finishReason: 'SAFETY' }] };
    const { runtime, gemini, asked } = modelBench({ model: () => cut });
    const error = await runtime.settle(failed(gemini.callLlmJson('Who?', person)));
    expect([asked.length, error.failure.reason]).toEqual([1, 'blocked-content']);
  });

  it('what fails on the way is retried below, and costs no ask', async () => {
    const { runtime, gemini } = modelBench({
      model: inOrder([blank, right]),
      simulated: { script: ['503', 'reset-mid-body', 'ok', '429', 'ok'] },
    });
    const { asks, attempts } = await runtime.settle(gemini.callLlmJson('Who?', person));
    expect(asks).toBe(2);
    expect(attempts.map(({ exchange }) => exchange)).toEqual([1, 1, 1, 2, 2]);
  });

  it('keeps the deadline over all asks', async () => {
    const { runtime, gemini, asked } = modelBench({ model: () => blank, simulated: { latencyMs: 400 } });
    const options = { deadlineMs: 1_000, maxRepairs: 10 };
    const error = await runtime.settle(failed(gemini.callLlmJson('Who?', person, options)));
    expect([error.failure.reason, asked.length]).toEqual(['timeout', 2]);
  });

  it.each([
    ['v1', {}],
    ['v1beta', { apiVersion: 'v1beta' }],
    ['v1beta1', { vertexai: true }],
  ])('sends the same to %s', async (version, client) => {
    const seen: string[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const { generationConfig } = JSON.parse(String(init?.body));
      seen.push(`${new URL(String(input)).pathname.split('/')[1]} ${JSON.stringify(generationConfig)}`);
      return Response.json({ candidates: [{ content: { parts: [{ text: '7' }] }, finishReason: 'STOP' }] });
    };
    const gemini = new GeminiCore({ apiKey: 'test-key', environment: {}, httpOptions: { fetch }, ...client });
    await gemini.callLlmJson('How many?', { type: 'integer', maximum: 9 });
    const config = { responseMimeType: 'application/json', responseJsonSchema: { type: 'integer', maximum: 9 } };
    expect(seen).toEqual([`${version} ${JSON.stringify(config)}`]);
  });

  it('a check that throws ends the call with its error, and asks no more', async () => {
    const schema = z.string().refine(() => {
      throw new Error('no database');
    });
    const { runtime, gemini, asked } = modelBench({ model: () => '"a"' });
    const error = await runtime.settle(failed(gemini.callLlmJson('Who?', schema)));
    expect([Object(error.cause).message, asked.length, error.partialText]).toEqual(['no database', 1, '"a"']);
    expect(error.failure).toMatchObject({
      ...{ errorClass: 'request', reason: 'client-bug', rule: 'schema-check-failed', retryable: false },
      ...{ delivery: 'ambiguous', message: 'The check of the schema failed: no database' },
    });
  });

  it('the error of a check shows nothing of the prompt', async () => {
    const schema = z.string().refine(() => {
      throw new Error('no row for the secret words of mine');
    });
    const { runtime, gemini } = modelBench({ model: () => '"a"' });
    const error = await runtime.settle(failed(gemini.callLlmJson('Say the secret words of mine.', schema)));
    expect(JSON.stringify(error) + error.message).not.toContain('secret words');
    expect(error.failure.message).toContain('no row for');
  });

  it('adds up the tokens of all asks', async () => {
    const { runtime, gemini } = modelBench({ model: inOrder([blank, blank, right]) });
    const { usage, lastUsage } = await runtime.settle(gemini.callLlmJson('Who?', person));
    expect(usage).toEqual({ promptTokenCount: 30, candidatesTokenCount: 15, totalTokenCount: 45 });
    expect(lastUsage).toEqual({ promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 });
  });

  it('a check that hangs is bounded by the deadline', async () => {
    const schema = z.string().refine(() => new Promise<boolean>(() => {}));
    const { runtime, gemini } = modelBench({ model: () => '"a"' });
    const error = await runtime.settle(failed(gemini.callLlmJson('Who?', schema, { deadlineMs: 3_000 })));
    expect(error.failure.reason).toBe('timeout');
  });

  it('shows nothing of the prompt in a failure', async () => {
    const echo = type({ age: 'number.integer' });
    const { runtime, gemini } = modelBench({ model: () => '{"age":"the secret words of mine"}' });
    const error = await runtime.settle(failed(gemini.callLlmJson('Say the secret words of mine.', echo)));
    expect(JSON.stringify(error) + error.message).not.toContain('secret words');
    expect(error.failure.message).toContain('age must be a number');
  });
});

describe('the JSON in an answer', () => {
  const rows: readonly (readonly [claim: string, text: string, value: unknown])[] = [
    ['alone', '{"a":1}', { a: 1 }],
    ['with white space around', '\n {"a":1}\n', { a: 1 }],
    ['in a fence', '```json\n{"a":1}\n```', { a: 1 }],
    ['in a fence among words', 'Here it is:\n```json\n{"a":1}\n```\nAnything else?', { a: 1 }],
    ['among words', 'Sure! {"a":1} is the answer.', { a: 1 }],
    ['after brackets that are none', 'As [you] asked: {"a":1}', { a: 1 }],
    ['with brackets and quotes in its texts', 'So: {"a":1,"b":"}]\\"{"}.', { a: 1, b: '}]"{' }],
  ];
  const open = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };

  it.each(rows)('%s is found', async (_claim, text, value) => {
    const { runtime, gemini } = modelBench({ model: () => text });
    const result = await runtime.settle(gemini.callLlmJson('Which?', open, { maxRepairs: 0 }));
    expect(result.value).toEqual(value);
  });

  it.each([
    ['two values', '{"a":1} or {"a":2}'],
    ['two fences', '```json\n{"a":1}\n```\n```json\n{"a":2}\n```'],
    ['half a value', '{"a":1'],
    ['no value', 'I cannot answer that.'],
  ])('%s is none', async (_claim, text) => {
    const { runtime, gemini } = modelBench({ model: () => text });
    const error = await runtime.settle(failed(gemini.callLlmJson('Which?', open, { maxRepairs: 0 })));
    expect(error.failure.rule).toBe('output-does-not-match-schema');
  });
});

describe('a value that is cut off or broken is none, whatever stands inside it', () => {
  const tree: z.ZodType = z.object({
    name: z.string().optional(),
    get children() {
      return z.array(tree).optional();
    },
  });
  const any = z.union([tree, z.array(z.any()), z.string(), z.number()]);
  const cut = 'output-cut-at-token-limit';
  const bad = 'output-does-not-match-schema';
  const rows: readonly (readonly [text: string, atLimit: string, atStop: string])[] = [
    ['{"name":"root","children":[{"name":"leaf"},{"name":"cut', cut, bad],
    ['{"name":"root","children":[{"name":"leaf"}]', cut, bad],
    ['Sure: {"name":"root","children":[{"name":"leaf"},', cut, bad],
    ['```json\n{"name":"root","children":[{"name":"leaf"},', cut, bad],
    ['[[1,2],[3', cut, bad],
    ['{"a":1}\n{"a":', cut, bad],
    ['"as {\\"a\\":1} or [1] sh', cut, bad],
    ['{"name":"a\n```json\n{"name":"inner"}\n```\n', cut, bad],
    ['Let me think', cut, bad],
    ['', 'no-room-for-an-answer', 'candidate-without-parts'],
    ['{"name":"root","children":[{"name":"leaf"}],}', bad, bad],
    ['{"name":"root","children":[{"name":"leaf"}],"x":NaN}', bad, bad],
    ['[1,[2,3],]', bad, bad],
    ['```json\n{"name":"root","children":[{"name":"leaf"},]}\n```', bad, bad],
    ['{"name":"a "}" b"}', bad, bad],
  ];
  const answer = (text: string, finishReason: string) => ({
    candidates: [{ content: { parts: [{ text }] }, finishReason }],
  });

  it.each(rows)('%j', async (text, atLimit, atStop) => {
    for (const [finishReason, rule] of [
      ['MAX_TOKENS', atLimit],
      ['STOP', atStop],
    ] as const) {
      const { runtime, gemini, asked } = modelBench({ model: () => answer(text, finishReason) });
      const options = { maxRepairs: 2, retry: { maxRetries: 0 } };
      const error = await runtime.settle(failed(gemini.callLlmJson('Which?', any, options)));
      expect([finishReason, error.failure.rule]).toEqual([finishReason, rule]);
      expect(asked).toHaveLength(rule === bad ? 3 : 1);
    }
  });

  it.each([
    ['12', 'MAX_TOKENS', cut],
    ['12', 'STOP', 12],
    ['12\n', 'MAX_TOKENS', 12],
    ['"12"', 'MAX_TOKENS', '12'],
    ['[12]', 'MAX_TOKENS', [12]],
    ['{"name":"x"} is', 'MAX_TOKENS', { name: 'x' }],
    ['See [1] and {x}:\n```json\n{"name":"x"}\n```', 'STOP', { name: 'x' }],
    ['"So" it is: {"name":"x"}', 'STOP', { name: 'x' }],
    ['```json\n{"name":"a\\n```js\\nx\\n```"}\n```', 'STOP', { name: 'a\n```js\nx\n```' }],
  ])('%j at %s is %j', async (text, finishReason, expected) => {
    const { runtime, gemini } = modelBench({ model: () => answer(text, finishReason) });
    const asked = gemini.callLlmJson('Which?', any, { maxRepairs: 0 });
    const result = await runtime.settle(asked.catch((error: GeminiError) => ({ value: error.failure.rule })));
    expect(result.value).toEqual(expected);
  });
});

describe('every kind of schema', () => {
  const valibot = v.object({ name: v.pipe(v.string(), v.minLength(1)), age: v.pipe(v.number(), v.integer()) });
  const arktype = type({ name: 'string > 0', age: 'number.integer' });
  const plain = {
    type: 'object',
    properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer' } },
    required: ['name', 'age'],
  };
  const schemas = [
    ['zod', person],
    ['valibot, told by its own package', toStandardJsonSchema(valibot)],
    ['valibot, in a pair', { schema: valibot, jsonSchema: plain }],
    ['arktype', arktype],
    ['a plain JSON Schema', plain],
  ] as const;

  it.each(schemas)('%s', async (_name, schema) => {
    const { runtime, gemini, asked } = modelBench({ model: inOrder([blank, right]) });
    const { value, asks } = await runtime.settle(gemini.callLlmJson('Who?', schema));
    expect({ value, asks }).toEqual({ value: { name: 'Ada', age: 36 }, asks: 2 });
    const sent = asked[0]?.generationConfig?.['responseJsonSchema'];
    expect(sent).toMatchObject({ type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } } });
    expect(JSON.stringify(sent)).not.toContain('minLength');
  });

  it('gives the value as the schema makes it', async () => {
    const schema = z.object({
      day: z.string().transform(text => text.length),
      tags: z.array(z.string()).default(['none']),
    });
    const { runtime, gemini } = modelBench({ model: () => '{"day":"Monday"}' });
    const { value } = await runtime.settle(gemini.callLlmJson('Which?', schema));
    expect(value).toEqual({ day: 6, tags: ['none'] });
    expectTypeOf(value).toEqualTypeOf<{ day: number; tags: string[] }>();
  });

  it('types the value by the schema', () => {
    const { gemini } = modelBench({ model: () => right });
    type ValueOf<F extends () => Promise<{ value: unknown }>> = Awaited<ReturnType<F>>['value'];
    const byZod = () => gemini.callLlmJson('', person);
    const byValibot = () => gemini.callLlmJson('', toStandardJsonSchema(valibot));
    const byPair = () => gemini.callLlmJson('', { schema: valibot, jsonSchema: plain });
    const byArktype = () => gemini.callLlmJson('', arktype);
    const byPlain = () => gemini.callLlmJson('', plain);
    interface Person {
      name: string;
      age: number;
    }
    expectTypeOf<ValueOf<typeof byZod>>().toEqualTypeOf<Person>();
    expectTypeOf<ValueOf<typeof byValibot>>().toEqualTypeOf<Person>();
    expectTypeOf<ValueOf<typeof byPair>>().toEqualTypeOf<Person>();
    expectTypeOf<ValueOf<typeof byArktype>>().toEqualTypeOf<Person>();
    expectTypeOf<ValueOf<typeof byPlain>>().toEqualTypeOf<unknown>();
    interface Described {
      readonly type: string;
      readonly properties: Record<string, unknown>;
    }
    const described: Described = plain;
    const byInterface = () => gemini.callLlmJson('', described);
    expectTypeOf<ValueOf<typeof byInterface>>().toEqualTypeOf<unknown>();
    interface Thing {
      readonly kind: string;
    }
    const thing: Thing = { kind: 'object' };
    // @ts-expect-error: it says nothing of a value.
    const byNothing = () => gemini.callLlmJson('', thing);
    expect(byNothing).toBeTypeOf('function');
  });
});
