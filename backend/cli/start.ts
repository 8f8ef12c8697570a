/**
 * The main job, `npm start`: with a key in the environment, a few short calls to the API; without, the same kinds of calls to a
 * simulator in bad weather. Shows what breaks, how each call ends all the same, and the sums.
 */

import { defaultModel } from '../gemini/clientSettings.ts';
import { isGeminiError } from '../gemini/geminiError.ts';
import { systemRuntime } from '../resilience/wholeRuntime.ts';
import type { Ledger } from '../simulator/index.ts';
import { colorsFor } from './colors.ts';
import { exitCodeOf, exitCodes } from './exitCodes.ts';
import { callsInBadWeather, forecast, startBadWeather } from './mainJob/badWeather.ts';
import { chatCall, streamedCall, tokensCall, vectorCall, wholeCall } from './mainJob/jobCall.ts';
import { LiveLines } from './mainJob/liveLines.ts';
import { runCalls } from './mainJob/runCalls.ts';
import { summaryOf } from './mainJob/summary.ts';
import type { Tally } from './mainJob/tally.ts';

/** A call that did not end as it must decides; by its class where it has one. */
function exitCodeFor(tallies: readonly Tally[]): number {
  const bad = tallies.find(tally => !tally.asItMust);
  if (bad === undefined) return exitCodes.success.code;
  const error = bad.end?.outcome === 'failed' ? bad.end.error : undefined;
  return isGeminiError(error) ? exitCodeOf(error.failure) : exitCodes.unexpected.code;
}

async function askApi(): Promise<number> {
  const model = process.env['GEMINI_MODEL']?.trim() || defaultModel;
  const calls = [
    wholeCall({ name: 'haiku', prompt: 'Write a haiku about rain.' }),
    wholeCall({ name: 'river', prompt: 'Which river is the longest? One sentence.' }),
    streamedCall({ name: 'story', prompt: 'Tell a story in two sentences.' }),
    chatCall({ name: 'weather', prompt: 'How is the weather in Lima? Use weather_in.', model }),
    vectorCall({ name: 'vector', prompt: 'a small stone in a wide river' }),
    tokensCall({ name: 'tokens', prompt: 'How many tokens am I?' }),
  ];
  console.log(`${calls.length} calls to the Gemini API at once, model ${model}.\n`);
  const startMs = systemRuntime.now();
  const tallies = await runCalls(calls, {}, new LiveLines());
  console.log(`\n${summaryOf(tallies, systemRuntime.now() - startMs)}`);
  return exitCodeFor(tallies);
}

function announce(): void {
  const { bold, dim } = colorsFor(process.stdout);
  console.log('No GEMINI_API_KEY is set, so a simulator stands in for the API, in bad weather:\n');
  for (const [name, story] of forecast) console.log(`${bold(name.padEnd(9))}${dim(story)}`);
  console.log(`\nAll ${forecast.length} calls go out at once.\n`);
}

/** Events and ledger are two witnesses of the same: if they differ, neither is believed. */
function witnessesAgree(tallies: readonly Tally[], { requests }: Ledger): boolean {
  const attempts = tallies.reduce((total, tally) => total + tally.attempts, 0);
  if (attempts === requests.length) return true;
  console.log(`\nThe events tell of ${attempts} attempts, the simulator of ${requests.length} requests.`);
  return false;
}

async function askSimulator(): Promise<number> {
  const simulator = await startBadWeather();
  announce();
  try {
    const startMs = systemRuntime.now();
    // The defaults of the package, whatever the environment says.
    const options = { apiKey: 'none-needed', httpOptions: { baseUrl: simulator.url }, environment: {} };
    const tallies = await runCalls(callsInBadWeather, options, new LiveLines());
    console.log(`\n${summaryOf(tallies, systemRuntime.now() - startMs, simulator.ledger)}`);
    return witnessesAgree(tallies, simulator.ledger) ? exitCodeFor(tallies) : exitCodes.unexpected.code;
  } finally {
    await simulator.close();
  }
}

const hasKey = ['GOOGLE_API_KEY', 'GEMINI_API_KEY'].some(name => process.env[name]?.trim());
process.exitCode = await (hasKey ? askApi() : askSimulator());
