/** Begins a session and closes it, and begins another and aborts it; then there is nothing left to do. */

import { GeminiCore } from '../../index.ts';
import { startSimulator } from '../../simulator/index.ts';

const simulator = await startSimulator({ answer: prompt => prompt });
const gemini = new GeminiCore({ apiKey: 'k', environment: {}, httpOptions: { baseUrl: simulator.url } });
const session = await gemini.live.connect({ model: 'm' });
session.sendClientContent({ turns: 'hello' });
let text = '';
for await (const { serverContent } of session) {
  for (const part of serverContent?.modelTurn?.parts ?? []) text += part.text ?? '';
  if (serverContent?.turnComplete) break;
}
const controller = new AbortController();
const aborted = await gemini.live.connect({ model: 'm' }, { signal: controller.signal });
controller.abort();
console.log(`${text}, ${(await aborted.closed).by}ed`);
await simulator.close();
