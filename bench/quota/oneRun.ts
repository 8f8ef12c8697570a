import { type Child, startChild } from './child.ts';
import type { CallResult, FromContender, FromService, Served, ToContender, ToService } from './messages.ts';
import { startMs } from './scenarios.ts';

/** How a run ended: all calls settled, or the cap came first, or the process broke. */
export type RunEnd = 'settled' | 'hung' | 'crashed';

/** What a run yields. */
export interface RunOutcome {
  readonly end: RunEnd;
  readonly results: readonly CallResult[];
  readonly served: Served;
  /** How long a run that hung went on, in compressed milliseconds. */
  readonly cappedMs?: number;
  /** What a process that broke wrote last. */
  readonly complaint?: string;
}

/** Who does what, and how fast time passes. */
export interface Race {
  readonly contender: string;
  readonly scenario: string;
  readonly factor: number;
  /** Real milliseconds from the start of the calls, after which a run is reported as hung. */
  readonly capMs: number;
}

/** A contender that has loaded its client, and a service that listens. */
export interface AtTheStart {
  run(): Promise<RunOutcome>;
}

type ServiceChild = Child<FromService, ToService>;
type ContenderChild = Child<FromContender, ToContender>;

const loadingMs = 60_000;
const answerMs = 10_000;

async function raced(child: ContenderChild, capMs: number): Promise<Pick<RunOutcome, 'end' | 'results'>> {
  const told = await child.heard('results', capMs);
  if (told !== undefined) return { end: 'settled', results: told.results };
  if (child.isOver()) return { end: 'crashed', results: [] };
  const lastWord = child.heard('results', answerMs);
  child.tell({ type: 'stop' });
  return { end: 'hung', results: (await lastWord)?.results ?? [] };
}

async function run(service: ServiceChild, child: ContenderChild, { capMs, factor }: Race): Promise<RunOutcome> {
  const answer = service.heard('started', answerMs);
  service.tell({ type: 'start', fastMs: startMs });
  const started = await answer;
  if (started === undefined) throw new Error(`The service does not start: ${service.complaint()}`);
  const outcome = raced(child, capMs);
  child.tell({ type: 'go', moment: started.moment });
  const { end, results } = await outcome;
  child.end();
  const closing = service.heard('closed', answerMs);
  service.tell({ type: 'close' });
  const closed = await closing;
  service.end();
  if (closed === undefined) throw new Error(`The service does not close: ${service.complaint()}`);
  const { served } = closed;
  if (end === 'hung') return { end, results, served, cappedMs: capMs * factor };
  return { end, results, served, ...(end === 'crashed' ? { complaint: child.complaint() } : {}) };
}

/** Starts both processes of a run, which then wait. */
export async function prepare(race: Race): Promise<AtTheStart> {
  const service: ServiceChild = startChild('serviceProcess.ts', [race.scenario], race.factor);
  const opened = await service.heard('open', loadingMs);
  if (opened === undefined) throw new Error(`The service does not open: ${service.complaint()}`);
  const child: ContenderChild = startChild(
    'contenderProcess.ts',
    [race.contender, race.scenario, opened.url],
    race.factor,
  );
  await child.heard('ready', loadingMs);
  return { run: () => run(service, child, race) };
}
