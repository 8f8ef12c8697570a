import { GeminiCore } from '../backend/index.ts';
import { printBound } from './measure.ts';

const calls = 10_000;

const overloaded = JSON.stringify({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } });

function collected(): number {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 200));

/** What a call holds while it waits to be sent again: 10,000 of them at once, after a 503 each. */
export async function waitingMemory(): Promise<boolean> {
  if (globalThis.gc === undefined) throw new Error('Run with --expose-gc: memory is counted after a collection.');
  const controller = new AbortController();
  let sent = 0;
  const fetch: typeof globalThis.fetch = async () => {
    sent += 1;
    return new Response(overloaded, { status: 503, headers: { 'content-type': 'application/json' } });
  };
  const options = { apiKey: 'bench-key', environment: {}, httpOptions: { fetch } };
  const gemini = new GeminiCore({ ...options, retry: { baseDelayMs: 60_000, maxDelayMs: 60_000, jitter: 'none' } });
  // The first calls load code that stays.
  const prompt = { model: 'stub', contents: 'Say something.' };
  const { signal } = controller;
  const warm = Array.from({ length: 50 }, () => gemini.callLlm(prompt, { signal }).catch(() => undefined));
  await settled();
  const before = collected();
  const waiting = Array.from({ length: calls }, () => gemini.callLlm(prompt, { signal }).catch(() => undefined));
  await settled();
  const bytes = (collected() - before) / calls;
  console.log(`\n${sent - 50} calls wait to be sent again`);
  const holds = printBound('memory of a waiting call', bytes / 1024, 3, 'KiB');
  controller.abort();
  await Promise.all([...warm, ...waiting]);
  return holds;
}
