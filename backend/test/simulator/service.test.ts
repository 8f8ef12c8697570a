import type { CallableTool, FunctionCall, GoogleGenAI, Part } from '@google/genai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { bodyFor } from './ask.ts';
import { sdkOn } from './seen.ts';

let simulator: Simulator;
let sdk: GoogleGenAI;
beforeAll(async () => {
  simulator = await startSimulator();
  sdk = sdkOn(simulator.url);
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const model = 'gemini-2.5-flash';
const operationsSeen = (): readonly string[] => simulator.ledger.requests.map(({ operation }) => operation);

function weatherTool(calls: FunctionCall[]): CallableTool {
  const parameters = { type: 'OBJECT', properties: { city: { type: 'STRING' }, days: { type: 'INTEGER' } } };
  return {
    tool: async () => ({ functionDeclarations: [{ name: 'getWeather', parametersJsonSchema: parameters }] }),
    callTool: async (made: FunctionCall[]): Promise<Part[]> => {
      calls.push(...made);
      return made.map(({ name = '' }) => ({ functionResponse: { name, response: { degrees: 21 } } }));
    },
  };
}

describe('generation', () => {
  test('the same prompt gets the same answer, with usage, model and id', async () => {
    const [one, other] = [
      await sdk.models.generateContent({ model, contents: 'hi' }),
      await sdk.models.generateContent({ model, contents: 'hi' }),
    ];
    expect(one.text).toMatch(/^Echo: hi /);
    expect(other.text).toBe(one.text);
    expect(one).toMatchObject({
      modelVersion: model,
      responseId: expect.stringMatching(/^sim/),
      usageMetadata: { promptTokenCount: 1 },
    });
    const { candidatesTokenCount = 0, totalTokenCount } = one.usageMetadata ?? {};
    expect(candidatesTokenCount).toBe(Math.ceil((one.text?.length ?? 0) / 4));
    expect(totalTokenCount).toBe(candidatesTokenCount + 1);
  });

  test('a stream says the same as a whole answer', async () => {
    const whole = await sdk.models.generateContent({ model, contents: 'hi' });
    const texts: (string | undefined)[] = [];
    for await (const chunk of await sdk.models.generateContentStream({ model, contents: 'hi' })) texts.push(chunk.text);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join('')).toBe(whole.text);
  });

  test('chats keep their history', async () => {
    const chat = sdk.chats.create({ model });
    await chat.sendMessage({ message: 'first' });
    expect(chat.getHistory().map(({ role }) => role)).toEqual(['user', 'model']);
    for await (const chunk of await chat.sendMessageStream({ message: 'second' })) void chunk;
    expect(simulator.ledger.requests.map(({ prompt }) => prompt)).toEqual(['first', 'second']);
  });

  test('a prompt that names a declared function gets it called, and the result makes the second exchange', async () => {
    const calls: FunctionCall[] = [];
    const response = await sdk.models.generateContent({
      model,
      contents: 'use getWeather',
      config: { tools: [weatherTool(calls)] },
    });
    expect(calls).toEqual([{ name: 'getWeather', args: { city: 'use getWeather', days: 1 } }]);
    expect(response.text).toBe('getWeather said {"degrees":21}.');
    expect(operationsSeen()).toEqual(['generateContent', 'generateContent']);
    expect(simulator.ledger.billedTwice).toBe(0);
  });

  test('a prompt that names none gets text', async () => {
    const calls: FunctionCall[] = [];
    await sdk.models.generateContent({ model, contents: 'hi', config: { tools: [weatherTool(calls)] } });
    expect(calls).toEqual([]);
  });

  test('JSON mode answers what the schema asks for', async () => {
    const responseJsonSchema = {
      type: 'object',
      properties: { title: { type: 'string' }, tags: { type: 'array', items: { enum: ['a', 'b'] } } },
    };
    const response = await sdk.models.generateContent({
      model,
      contents: 'hi',
      config: { responseMimeType: 'application/json', responseJsonSchema },
    });
    expect(JSON.parse(response.text ?? '')).toEqual({ title: 'hi', tags: ['a'] });
  });

  test('maxOutputTokens ends the text and says so', async () => {
    const response = await sdk.models.generateContent({ model, contents: 'hi', config: { maxOutputTokens: 2 } });
    expect(response).toMatchObject({ text: 'Echo: hi', candidates: [{ finishReason: 'MAX_TOKENS' }] });
  });

  test('an answer cut three times by continuation tokens arrives whole in four requests', async () => {
    const { text } = await sdk.models.generateContent({ model, contents: 'hi' });
    simulator.reset();
    simulator.enqueue({ fault: 'continuation', hops: 3 });
    expect((await sdk.models.generateContent({ model, contents: 'hi' })).text).toBe(text);
    expect(operationsSeen()).toHaveLength(4);
    expect(simulator.ledger.billedTwice).toBe(0);
  });

  test('Vertex paths and a bearer token', async () => {
    const url = `${simulator.url}/v1beta1/projects/p1/locations/europe-west4/publishers/google/models/${model}:generateContent`;
    const headers = { 'content-type': 'application/json', authorization: 'Bearer token' };
    expect((await fetch(url, { method: 'POST', headers, body: bodyFor('hi') })).status).toBe(200);
    expect(
      (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: bodyFor('hi') }))
        .status,
    ).toBe(401);
    expect(simulator.ledger.requests[0]).toMatchObject({ operation: 'generateContent', model });
  });
});

describe('counting, embedding, models', () => {
  test('countTokens counts as generation does', async () => {
    const { totalTokens } = await sdk.models.countTokens({ model, contents: 'x'.repeat(400) });
    expect(totalTokens).toBe(100);
  });

  test('each text gets a vector of its own, the same each time', async () => {
    const embed = (): Promise<unknown> =>
      sdk.models
        .embedContent({ model: 'gemini-embedding-001', contents: ['a', 'b'], config: { outputDimensionality: 3 } })
        .then(({ embeddings }) => embeddings);
    const vectors = await embed();
    expect(vectors).toEqual([{ values: expect.arrayContaining([expect.any(Number)]) }, { values: expect.any(Array) }]);
    expect(await embed()).toEqual(vectors);
  });

  test('models come in pages', async () => {
    const names: (string | undefined)[] = [];
    for await (const found of await sdk.models.list({ config: { pageSize: 2 } })) names.push(found.name);
    expect(names).toHaveLength(6);
    expect(operationsSeen()).toEqual(['models.list', 'models.list', 'models.list']);
    expect((await sdk.models.get({ model })).name).toBe(`models/${model}`);
  });
});
