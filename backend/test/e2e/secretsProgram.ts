/** A program that logs whatever it can, run by the test of secrets. Key and prompt come from its environment. */
import { inspect } from 'node:util';
import { GeminiCore } from '../../index.ts';
import { startSimulator } from '../../simulator/index.ts';

const { PLANTED_KEY: apiKey = '', PLANTED_PROMPT: prompt = '' } = process.env;

await using simulator = await startSimulator({
  apiKeys: ['another-key'],
  answer: () => 'A harmless answer.',
  script: [
    '503',
    'reset-before-headers',
    '200-error-body',
    { fault: 'sse-error-first' },
    { fault: '429-per-day', times: 2 },
  ],
});
const gemini = new GeminiCore({
  apiKey,
  runtime: { sleep: async () => {} },
  httpOptions: { baseUrl: simulator.url },
  onEvent: event => console.log(inspect(event, { depth: 9 }), JSON.stringify(event)),
});
const calls = [
  () => gemini.callLlm(prompt),
  async () => {
    for await (const chunk of gemini.callLlmStream(prompt)) console.log(chunk);
  },
  () => gemini.countTokens(prompt),
  () => gemini.embed(prompt),
  () => gemini.sdk.models.generateContent({ model: 'm', contents: prompt }),
];
for (const call of calls) {
  try {
    console.log(await call());
  } catch (error) {
    console.log(error, JSON.stringify(error), String(error), (error as Error).stack);
  }
}
console.log(gemini, inspect(gemini, { depth: 9, showHidden: true }), JSON.stringify(gemini));
console.log('done');
