/**
 * `node bench/quota/run.ts`: the same work under the same quotas and outages, done by geminicore and by what people use instead.
 * Each run has a process of its own, real sockets and compressed time.
 *
 * --scenario NAME and --contender NAME choose, and may be repeated. --factor 12: how much faster time passes. --cap 75: real seconds
 * after which a run is stopped. --repeat 1: runs of each pair, of which the one in the middle is shown. --together 4: runs at a time.
 * --json FILE writes the results; `renderMarkdown` takes their rows.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { contenders, type Entrant } from './contenders.ts';
import { type Measures, measure, middleOf } from './measures.ts';
import { prepare } from './oneRun.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { renderMarkdown } from './table.ts';
import { packageVersions } from './versions.ts';

const { values: flags } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    contender: { type: 'string', multiple: true },
    factor: { type: 'string', default: '12' },
    cap: { type: 'string', default: '75' },
    repeat: { type: 'string', default: '1' },
    together: { type: 'string', default: '4' },
    json: { type: 'string' },
  },
});

interface Named {
  readonly name: string;
}

function chosen<T extends Named>(all: readonly T[], wanted: readonly string[] | undefined): readonly T[] {
  const unknown = wanted?.filter(name => all.every(one => one.name !== name)) ?? [];
  const known = all.map(({ name }) => name).join(', ');
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. Known: ${known}.`);
  return wanted === undefined ? all : all.filter(({ name }) => wanted.includes(name));
}

function checked(name: 'factor' | 'cap' | 'repeat' | 'together', [least, most]: readonly [number, number]): number {
  const value = Number(flags[name]);
  if (value >= least && value <= most) return value;
  throw new Error(`--${name} is ${flags[name]}; allowed: a number from ${least} to ${most}.`);
}

function tell({ scenario, contender, succeeded, calls, end, errors: [most], complaint }: Measures): void {
  const error = most === undefined ? '' : `; ${most[1]} × ${most[0]}`;
  console.error(`  ${scenario} · ${contender}: ${succeeded} of ${calls}, ${end}${error}`);
  if (complaint) console.error(complaint);
}

/** Bursts at the same instant would weigh on each other: contenders start one after the other, in real milliseconds. */
const apartMs = 700;

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** All contenders in one scenario: they load first, so that no one's loading weighs on another's run, and then run a few at a time. */
async function runScenario(scenario: Scenario, entrants: readonly Entrant[]): Promise<readonly Measures[]> {
  const queue = await Promise.all(
    entrants.map(async ({ name }) => {
      const { run } = await prepare({ contender: name, scenario: scenario.name, factor, capMs: capSeconds * 1000 });
      return { name, run };
    }),
  );
  const found: Measures[] = [];
  const work = async (_: unknown, place: number): Promise<void> => {
    await pause(place * apartMs);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const measures = measure(scenario, next.name, await next.run());
      tell(measures);
      found.push(measures);
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  return found;
}

/** Everything, so often, and of each pair the run in the middle. */
async function runAll(
  chosenScenarios: readonly Scenario[],
  entrants: readonly Entrant[],
): Promise<readonly Measures[]> {
  const rows: Measures[] = [];
  for (const scenario of chosenScenarios) {
    const rounds: (readonly Measures[])[] = [];
    for (let round = 0; round < repeat; round += 1) rounds.push(await runScenario(scenario, entrants));
    for (const { name } of entrants) {
      rows.push(middleOf(rounds.flatMap(round => round.filter(({ contender }) => contender === name))));
    }
  }
  return rows;
}

const factor = checked('factor', [1, 200]);
const capSeconds = checked('cap', [1, 3_600]);
const repeat = checked('repeat', [1, 100]);
const together = checked('together', [1, 16]);
const startedMs = performance.now();
const rows = await runAll(chosen(scenarios, flags.scenario), chosen(contenders, flags.contender));
const seconds = Math.round((performance.now() - startedMs) / 1000);
const versions = packageVersions();

const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
console.log(
  [
    `Node ${process.version}; ${named.join(', ')}.`,
    `${seconds} s, ${together} runs at a time, each with processes of its own and real sockets. Time passes ${factor} times as fast for the service and for the clients,`,
    `so what the machine adds weighs ${factor} times as much: the reference shows how much that is. Chance (jitter, weather) moves the figures${repeat > 1 ? ';' : '.'}`,
    ...(repeat > 1
      ? [`of ${repeat} runs the one in the middle is shown, and in brackets between what the others lie.`]
      : []),
    `A run is stopped after ${capSeconds} s, which are ${((capSeconds * factor) / 60).toFixed(0)} minutes of its own time.`,
    '',
    renderMarkdown(rows),
  ].join('\n'),
);
if (flags.json !== undefined) {
  const found = { node: process.version, versions, factor, capSeconds, repeat, together, seconds, rows };
  writeFileSync(flags.json, `${JSON.stringify(found, undefined, 2)}\n`);
}
