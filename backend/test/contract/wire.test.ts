import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GeminiCore } from '../../index.ts';

const host = 'https://generativelanguage.googleapis.com';
const path = '/v1/models/gemini-flash-latest:generateContent';

const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Lima.' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 2, totalTokenCount: 9 },
  modelVersion: 'gemini-2.5-flash',
};

/** As recorded: a spent minute, with the wait in whole seconds and in the text with fractions. */
const spentMinute = {
  error: {
    code: 429,
    message:
      'You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10, model: gemini-2.5-flash\nPlease retry in 34.074824224s.',
    status: 'RESOURCE_EXHAUSTED',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [
          {
            quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
            quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
            quotaDimensions: { location: 'global', model: 'gemini-2.5-flash' },
            quotaValue: '10',
          },
        ],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' },
    ],
  },
};

describe('what goes over the wire to the API itself', () => {
  const waits: number[] = [];
  const runtime = { random: () => 0, sleep: async (ms: number) => void waits.push(ms) };
  const client = () => new GeminiCore({ apiKey: 'wire-test-key', environment: {}, runtime });

  beforeAll(() => nock.disableNetConnect());
  afterEach(() => {
    nock.cleanAll();
    waits.length = 0;
  });
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });

  it('is the official client’s request, with the time that the server has', async () => {
    const headers = {
      'x-goog-api-key': 'wire-test-key',
      'x-server-timeout': '300',
      'content-type': 'application/json',
    };
    const scope = nock(host, { reqheaders: headers })
      .post(path, ({ contents }) => contents[0].parts[0].text === 'What is the capital of Peru?')
      .reply(200, answer);
    const { text, usage, finishReason, model, attempts } = await client().callLlm('What is the capital of Peru?');
    expect([text, usage?.totalTokenCount, finishReason, model]).toEqual(['Lima.', 9, 'STOP', 'gemini-2.5-flash']);
    expect(attempts).toHaveLength(1);
    expect(scope.isDone()).toBe(true);
  });

  it('is sent again unchanged, after the longer of the two waits that a spent minute states', async () => {
    const bodies: unknown[] = [];
    const keep = (body: unknown): boolean => bodies.push(body) > 0;
    nock(host).post(path, keep).reply(429, spentMinute);
    nock(host).post(path, keep).reply(200, answer);
    await client().callLlm('What is the capital of Peru?');
    expect(waits).toEqual([34_075]);
    expect(bodies[1]).toEqual(bodies[0]);
  });

  it('is refused by a network that is not there, class network', async () => {
    const error = await client()
      .callLlm('hello')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ failure: { errorClass: 'network' }, attempts: { length: 6 } });
  });

  it('is a stream where a stream is asked for', async () => {
    const event = `data: ${JSON.stringify(answer)}\n\n`;
    const type = { 'content-type': 'text/event-stream' };
    nock(host)
      .post('/v1/models/gemini-flash-latest:streamGenerateContent')
      .query({ alt: 'sse' })
      .reply(200, event, type);
    const texts: string[] = [];
    for await (const { text } of client().callLlmStream('hello')) texts.push(text);
    expect(texts).toEqual(['Lima.']);
  });
});
