/** A contender's process: loads its client, waits for the start, makes the calls when they are due. */
import { shareClock } from './compressedTime.ts';
import type { Caller } from './contender.ts';
import { contenders } from './contenders.ts';
import type { CallResult, FromContender, ToContender } from './messages.ts';
import { scenarios } from './scenarios.ts';

const [, , contenderName, scenarioName, baseUrl = ''] = process.argv;
const say = (message: FromContender): void => void process.send?.(message);
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

const entrant = contenders.find(({ name }) => name === contenderName);
const scenario = scenarios.find(({ name }) => name === scenarioName);
if (entrant === undefined || scenario === undefined) throw new Error(`Unknown: ${contenderName}, ${scenarioName}.`);
const { calls } = scenario;

const results: CallResult[] = [];
const tellResults = (): void => say({ type: 'results', results });

function started(): Promise<number> {
  return new Promise(resolve => {
    process.on('message', (message: ToContender) => {
      if (message.type === 'stop') return tellResults();
      shareClock(message.moment);
      resolve(message.moment.fastMs);
    });
  });
}

const { setup } = await entrant.load();
const start = started();
say({ type: 'ready' });
const startMs = await start;
// Not before: a limiter that counts minutes from its making would count from a moment that has nothing to do with the work.
const call = setup({ baseUrl, model: 'gemini-2.5-flash', scenario, startMs });

async function make(send: Caller, { atMs, prompt }: (typeof calls)[number]): Promise<void> {
  await pause(startMs + atMs - Date.now());
  let error: string | undefined;
  let text: string | undefined;
  try {
    text = await send(prompt);
  } catch (caught) {
    error = String(caught).slice(0, 160);
  }
  const answered = text !== undefined && text !== '';
  results.push({ atMs, endMs: Date.now() - startMs, answered, ...(error === undefined ? {} : { error }) });
}

await Promise.all(calls.map(planned => make(call, planned)));
tellResults();
