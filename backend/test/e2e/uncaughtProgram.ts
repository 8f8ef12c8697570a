/** A program that does not catch its error, run by the test of secrets. The server quotes what it was sent. */
import { GeminiCore } from '../../index.ts';

const { PLANTED_KEY: apiKey = '', PLANTED_PROMPT: prompt = '' } = process.env;

const fetch: typeof globalThis.fetch = async (_input, init) => {
  const key = new Headers(init?.headers).get('x-goog-api-key');
  return Response.json({ error: { code: 400, message: `${init?.body} with ${key}` } }, { status: 400 });
};

await new GeminiCore({ apiKey, environment: {}, httpOptions: { fetch } }).callLlm(prompt);
