import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GoogleGenAI } from '@google/genai';
import { GeminiCore } from '../backend/index.ts';
import { heapAfterCollection, printBound } from './measure.ts';
import { watchMemory } from './memoryWatch.ts';

const run = promisify(execFile);

const megabyte = 1_048_576;
const program = fileURLToPath(new URL('streamServer.ts', import.meta.url));

/** Runs a measure against a server of its own process. */
async function against<T>(served: readonly (string | number)[], measure: (url: string) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [program, ...served.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(child.stdout, 'data');
    return await measure(String(line).trim());
  } finally {
    child.kill();
  }
}

const ours = (url: string): GeminiCore =>
  new GeminiCore({ apiKey: 'bench-key', environment: {}, httpOptions: { baseUrl: url } });

const bigEventProgram = fileURLToPath(new URL('bigEvent.ts', import.meta.url));

async function bigEvent(bytes: number): Promise<{ readonly ms: number; readonly rss: number }> {
  return against(['image', bytes], async url => {
    const { stdout } = await run(process.execPath, ['--expose-gc', bigEventProgram, url, String(bytes)]);
    return JSON.parse(stdout);
  });
}

type Read = (url: string) => Promise<AsyncIterable<unknown>> | AsyncIterable<unknown>;

const readers: Readonly<Record<string, Read>> = {
  'official client': url =>
    new GoogleGenAI({ apiKey: 'bench-key', httpOptions: { baseUrl: url } }).models.generateContentStream({
      model: 'gemini-2.5-flash',
      contents: 'Tell me.',
    }),
  callLlmStream: url => ours(url).callLlmStream('Tell me.'),
};

/** Microseconds of this process's own work for each chunk, and how far its heap grew meanwhile. */
async function chunks(
  read: Read,
  count: number,
  bytes: number,
): Promise<{ readonly us: number; readonly heap: number }> {
  return against(['words', count, bytes], async url => {
    heapAfterCollection();
    const memory = watchMemory();
    const before = process.cpuUsage();
    let came = 0;
    for await (const _chunk of await read(url)) came += 1;
    const { user, system } = process.cpuUsage(before);
    return { us: (user + system) / came, heap: memory().heap };
  });
}

/** What streams cost: one huge event, and a gigabyte in 20,000 chunks. */
export async function streams(): Promise<boolean> {
  console.log('\nStreams, from a server in a process of its own');
  const held: boolean[] = [];
  for (const size of [8, 32, 64]) {
    const { ms, rss } = await bigEvent(size * megabyte);
    const times = rss / (size * megabyte);
    console.log(`  one event of ${size} MB: ${Math.round(ms)} ms, ${times.toFixed(1)} × its bytes of memory`);
    if (size === 64) {
      held.push(printBound('an event of 64 MB takes', ms / 1_000, 2, 's'));
      held.push(printBound('and holds at most', times, 3, '× its bytes'));
    }
  }
  for (const [count, bytes] of [
    [20_000, 51_200],
    [60_000, 75],
  ] as const) {
    const figures: number[] = [];
    for (const [name, read] of Object.entries(readers)) {
      const { us, heap } = await chunks(read, count, bytes);
      figures.push(us);
      console.log(
        `  ${count} chunks of ${bytes} bytes, ${name}: ${us.toFixed(1)} µs each; the heap grew to ${Math.round(heap / megabyte)} MB more`,
      );
    }
    const [theirs = Number.NaN, own = Number.NaN] = figures;
    held.push(printBound(`a chunk of ${bytes} bytes over the official client’s`, own / theirs, 1.2, '×'));
  }
  console.log(`  the heap afterwards: ${Math.round(heapAfterCollection() / megabyte)} MB`);
  return held.every(Boolean);
}
