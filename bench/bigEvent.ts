/** One event of a stream, in a process that has done nothing else: `bigEvent.ts <url> <bytes>` prints milliseconds and bytes. */
import { GeminiCore } from '../backend/index.ts';
import { heapAfterCollection } from './measure.ts';
import { watchMemory } from './memoryWatch.ts';

const [url = '', size] = process.argv.slice(2);
const bytes = Number(size);
const gemini = new GeminiCore({ apiKey: 'bench-key', environment: {}, httpOptions: { baseUrl: url } });
heapAfterCollection();
const memory = watchMemory();
const startMs = performance.now();
let came = 0;
for await (const { response } of gemini.callLlmStream('Draw a heron.')) {
  came += response.candidates?.[0]?.content?.parts?.[0]?.inlineData?.data?.length ?? 0;
}
if (came < bytes) throw new Error(`Only ${came} of ${bytes} bytes came.`);
console.log(JSON.stringify({ ms: performance.now() - startMs, rss: memory().rss }));
