/** `geminicore simulate`: the simulator in a terminal. */

import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import {
  type FaultName,
  faultNames,
  type Ledger,
  type LedgerEntry,
  type Outage,
  type Quotas,
  type ScriptStep,
  type Simulator,
  SimulatorOptionError,
  type SimulatorOptions,
  startSimulator,
  type Weather,
  weatherPresets,
} from '../simulator/index.ts';

interface Flags {
  readonly port: number;
  readonly seed: number;
  readonly weather?: Weather['rates'];
  readonly script?: readonly ScriptStep[];
  readonly rpm?: number;
  readonly tpm?: number;
  readonly rpd?: number;
  readonly outage?: readonly Outage[];
  readonly latency: number;
  readonly quiet: boolean;
}

/** A flag that makes no sense ends the command with 2, as is usual for wrong usage. */
class FlagError extends InvalidArgumentError {
  override exitCode = 2;
}

function numberFlag(field: string, [least, most]: readonly [number, number]): (text: string) => number {
  return text => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new FlagError(`${field} is ${JSON.stringify(text)}; allowed: a whole number from ${least} to ${most}.`);
  };
}

function weatherFlag(text: string): Weather['rates'] {
  if (Object.hasOwn(weatherPresets, text)) return weatherPresets[text as keyof typeof weatherPresets];
  const rates = text.split(',').map(part => /^(?<name>[^=]+)=(?<rate>[\d.]+)$/.exec(part.trim())?.groups);
  if (rates.some(found => found === undefined)) {
    const names = Object.keys(weatherPresets).join(', ');
    throw new FlagError(
      `--weather is ${JSON.stringify(text)}; allowed: ${names}, or NAME=RATE,… with rates from 0 to 1.`,
    );
  }
  return Object.fromEntries(rates.map(found => [found?.['name'], Number(found?.['rate'])]));
}

function scriptFlag(text: string): readonly ScriptStep[] {
  if (!text.endsWith('.json')) return text.split(',').map(name => name.trim() as FaultName);
  try {
    const steps: unknown = JSON.parse(readFileSync(text, 'utf8'));
    if (Array.isArray(steps)) return steps;
  } catch (error) {
    throw new FlagError(`--script ${text} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  throw new FlagError(`--script ${text} holds no list; allowed: a JSON list of fault names and steps.`);
}

function outageFlag(text: string, before: readonly Outage[] = []): readonly Outage[] {
  const found = /^(?<from>\d+)-(?<to>\d+):(?<fault>[\w-]+)$/.exec(text)?.groups;
  if (found === undefined) {
    throw new FlagError(
      `--outage is ${JSON.stringify(text)}; allowed: FROM-TO:FAULT in milliseconds, for instance 5000-8000:503.`,
    );
  }
  return [...before, { fromMs: Number(found['from']), toMs: Number(found['to']), fault: found['fault'] as FaultName }];
}

function quotasOf({ rpm, tpm, rpd }: Flags): Quotas {
  return {
    ...(rpm === undefined ? {} : { requestsPerMinute: rpm }),
    ...(tpm === undefined ? {} : { inputTokensPerMinute: tpm }),
    ...(rpd === undefined ? {} : { requestsPerDay: rpd }),
  };
}

/** One request in one line: when, what came of it, how long it took, what it was. */
function lineOf(entry: LedgerEntry): string {
  const { atMs, closedAtMs = atMs, status, fault, closedByClient, operation, model, prompt } = entry;
  const paint =
    status === undefined || status >= 500
      ? pc.red
      : status >= 400
        ? pc.yellow
        : fault === 'none'
          ? pc.green
          : pc.magenta;
  const time = `${(atMs / 1000).toFixed(3)} s`.padStart(11);
  const took = `${Math.round(closedAtMs - atMs)} ms`.padStart(9);
  const remark = [fault === 'none' || fault === String(status) ? '' : fault, closedByClient ? 'client went away' : '']
    .filter(Boolean)
    .join(', ');
  const shortPrompt =
    prompt === '' ? '' : ` ${pc.dim(JSON.stringify(prompt.length > 40 ? `${prompt.slice(0, 39)}…` : prompt))}`;
  return `${pc.dim(time)} ${paint(String(status ?? '---'))} ${pc.dim(took)}  ${operation}${model === '' ? '' : ` ${model}`}${shortPrompt}${remark === '' ? '' : `  ${paint(remark)}`}`;
}

function tableOf(title: string, counts: Readonly<Record<string, number>>): readonly string[] {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return [pc.bold(title), ...rows.map(([name, count]) => `  ${String(count).padStart(7)}  ${name}`)];
}

function summaryOf(ledger: Ledger): string {
  const { requests, billedTwice, maybeBilledTwice, tokens, mostInFlight } = ledger;
  if (requests.length === 0) return 'No request came.';
  return [
    pc.bold(`${requests.length} requests`),
    `  ${String(mostInFlight).padStart(7)}  at once, at most`,
    `  ${String(tokens.input).padStart(7)}  input tokens billed`,
    `  ${String(tokens.output).padStart(7)}  output tokens billed`,
    `  ${String(billedTwice).padStart(7)}  billed again for the same work${maybeBilledTwice > billedTwice ? ` (perhaps ${maybeBilledTwice})` : ''}`,
    ...tableOf('by status', ledger.countBy('status')),
    ...tableOf('by fault', ledger.countBy('fault')),
    ...tableOf('by operation', ledger.countBy('operation')),
  ].join('\n');
}

function optionsOf(flags: Flags): SimulatorOptions {
  return {
    port: flags.port,
    latencyMs: flags.latency,
    quotas: quotasOf(flags),
    ...(flags.outage === undefined ? {} : { outages: flags.outage }),
    ...(flags.script === undefined ? {} : { script: flags.script }),
    ...(flags.weather === undefined ? {} : { weather: { seed: flags.seed, rates: flags.weather } }),
    ...(flags.quiet ? {} : { onRequest: (entry: LedgerEntry) => console.log(lineOf(entry)) }),
  };
}

/** What commander makes an exit code of: a wrong option, or a port that is taken. */
async function startOrExplain(command: Command, flags: Flags): Promise<Simulator> {
  try {
    return await startSimulator(optionsOf(flags));
  } catch (error) {
    if (error instanceof SimulatorOptionError) return command.error(`error: ${error.message}`, { exitCode: 2 });
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (taken)
      return command.error(`error: --port is ${flags.port}, which is taken; choose another one or 0.`, { exitCode: 2 });
    throw error;
  }
}

function interrupted(): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      resolve();
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  });
}

async function simulate(flags: Flags, command: Command): Promise<void> {
  const simulator = await startOrExplain(command, flags);
  console.log(`${pc.bold('Gemini simulator')} at ${pc.cyan(simulator.url)}   (Ctrl-C ends it)`);
  console.log(`GOOGLE_GEMINI_BASE_URL=${simulator.url} GEMINI_API_KEY=anything geminicore ask "hi"`);
  await interrupted();
  await simulator.close();
  console.log(`\n${summaryOf(simulator.ledger)}`);
}

/** The subcommand, for the program to add. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('serve a local Gemini that misbehaves on order')
    .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', numberFlag('--port', [0, 65_535]), 0)
    .option('--seed <number>', 'seed of the weather', numberFlag('--seed', [0, 2 ** 32 - 1]), 1)
    .option('--weather <name or rates>', 'fair, rough, storm, or NAME=RATE,…', weatherFlag)
    .option('--script <file or list>', 'FILE.json, or fault names with commas between them', scriptFlag)
    .option('--rpm <number>', 'requests a minute', numberFlag('--rpm', [0, 1_000_000_000]))
    .option('--tpm <number>', 'input tokens a minute', numberFlag('--tpm', [0, 1_000_000_000]))
    .option('--rpd <number>', 'requests a day', numberFlag('--rpd', [0, 1_000_000_000]))
    .option('--outage <from-to:fault>', 'milliseconds since the start; may be repeated', outageFlag)
    .option('--latency <ms>', 'milliseconds before each answer', numberFlag('--latency', [0, 3_600_000]), 0)
    .option('--quiet', 'no line for each request', false)
    .addHelpText('after', `\nFaults: ok ${faultNames.join(' ')}`)
    .exitOverride(error => process.exit(error.exitCode === 1 ? 2 : error.exitCode))
    .action(simulate);
}
