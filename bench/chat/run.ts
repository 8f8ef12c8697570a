/** `npm run bench:chat [-- --minutes 5]`: the chat endpoint under a thousand clients, a tenth of whom go away in mid-answer. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startSimulator } from '../../backend/simulator/index.ts';
import { printBound } from '../measure.ts';
import { crowd } from './clients.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, clients: { type: 'string', default: '1000' } },
});
const minutes = Number(values.minutes);
const size = Number(values.clients);
const program = fileURLToPath(new URL('../../examples/chatEndpoint/main.ts', import.meta.url));
const megabyte = 1_048_576;

const vanished = new Map<string, number>();
const outlived: number[] = [];
const words = 'The heron counted its stones, one after the other, and wrote their names into the sand. '.repeat(18);
const simulator = await startSimulator({
  answer: () => words,
  chunkCharacters: 40,
  chunkGapMs: 500,
  onRequest: ({ prompt }) => {
    const atMs = vanished.get(prompt);
    vanished.delete(prompt);
    if (atMs !== undefined) outlived.push(performance.now() - atMs);
  },
});

// What a stream holds of a piece lives until the next: a young generation that is too small for that passes it on to the old one, whose
// collections stop everything for 150 ms.
const execArgv = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
const env = { ...process.env, PORT: '0', GEMINI_API_KEY: 'bench-key', GOOGLE_GEMINI_BASE_URL: simulator.url };
const endpoint = fork(program, { env, execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
const [line] = await once(endpoint.stdout ?? process.stdin, 'data');
const url = `${String(line).split('\n')[0]}/chat`;

async function memoryOfEndpoint(): Promise<number> {
  endpoint.send('memory');
  const [usage] = (await once(endpoint, 'message')) as [NodeJS.MemoryUsage];
  return usage.rss / megabyte;
}

console.log(`${size} clients for ${minutes} minutes, a tenth of whom go away; an answer takes about 20 s`);
const rss: number[] = [];
const watch = setInterval(async () => {
  rss.push(await memoryOfEndpoint());
  const open = simulator.ledger.requests.filter(({ closedAtMs }) => closedAtMs === undefined).length;
  console.log(
    `  ${Math.round(performance.now() / 1_000)} s: endpoint ${Math.round(rss.at(-1) ?? 0)} MB, ${open} requests to the model open`,
  );
}, 15_000);
const ends = await crowd({
  url,
  size,
  vanishing: 0.1,
  untilMs: performance.now() + minutes * 60_000,
  onVanish: question => void vanished.set(question, performance.now()),
});
clearInterval(watch);
await new Promise(resolve => setTimeout(resolve, 1_000));

outlived.sort((one, other) => one - other);
const at = (share: number): number =>
  outlived[Math.min(outlived.length - 1, Math.floor(outlived.length * share))] ?? Number.NaN;
console.log(`answered ${ends.answered}, went away ${ends.vanished}, failed ${ends.failed}`);
console.log(
  `a request outlived its client by ${at(0.5).toFixed(1)} ms (median), ${at(0.99).toFixed(1)} ms (of 100, the longest)`,
);
const settled = rss.slice(Math.floor(rss.length / 4));
const growth = (settled.at(-1) ?? Number.NaN) - (settled[0] ?? Number.NaN);
const held = [
  printBound('clients that were not answered', ends.failed, 0, ''),
  printBound('requests whose client has gone and that are still open', vanished.size, 0, ''),
  printBound('the longest that a request outlived its client', at(1), 200, 'ms'),
  printBound('the endpoint’s memory grew, once it was warm, by', growth, 50, 'MB'),
];
endpoint.kill();
await simulator.close();
process.exit(held.every(Boolean) ? 0 : 1);
