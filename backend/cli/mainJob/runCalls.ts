import { AsyncLocalStorage } from 'node:async_hooks';
import type { GeminiCoreOptions } from '../../gemini/clientSettings.ts';
import { GeminiCore } from '../../gemini/geminiCore.ts';
import type { ResilienceEvent } from '../../resilience/events.ts';
import type { JobCall } from './jobCall.ts';
import type { LiveLines } from './liveLines.ts';
import { type JobEnd, Tally } from './tally.ts';

/** Runs all calls at once on one client, and tells of each as it goes. */
export async function runCalls(
  calls: readonly JobCall[],
  options: GeminiCoreOptions,
  lines: LiveLines,
): Promise<readonly Tally[]> {
  const current = new AsyncLocalStorage<Tally>();
  const onEvent = (event: ResilienceEvent): void => {
    const tally = current.getStore();
    tally?.count(event);
    if (tally !== undefined) lines.event(tally.call, event);
  };
  const gemini = new GeminiCore({ ...options, onEvent });
  const run = async (tally: Tally): Promise<void> => {
    tally.end = await current.run(tally, () => endOf(tally.call, gemini));
    lines.end(tally);
  };
  const tallies = calls.map(call => new Tally(call));
  await Promise.all(tallies.map(run));
  return tallies;
}

async function endOf(call: JobCall, gemini: GeminiCore): Promise<JobEnd> {
  try {
    return { outcome: 'answered', answer: await call.run(gemini) };
  } catch (error) {
    return { outcome: 'failed', error };
  }
}
