import { GoogleGenAI } from '@google/genai';
import { GeminiCore, RetryMechanism } from '../backend/index.ts';
import { heapAfterCollection, printBound } from './measure.ts';

const calls = 10_000;

const overloaded = JSON.stringify({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } });

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Bytes of the heap that each of 10,000 calls holds while all of them are under way. What they return is kept until the process ends. */
async function heldByEach(start: () => Promise<unknown>): Promise<number> {
  // The first calls load code that stays.
  const all: unknown[] = Array.from({ length: 200 }, start);
  await pause(300);
  const before = heapAfterCollection();
  for (let index = 0; index < calls; index += 1) all.push(start());
  await pause(700);
  const after = heapAfterCollection();
  kept.push(all);
  return (after - before) / calls;
}

const kept: unknown[] = [];
const ignore = (): void => {};
const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`;

/** What a call holds while it waits to be sent again. */
export async function waitingMemory(): Promise<boolean> {
  if (globalThis.gc === undefined) throw new Error('Run with --expose-gc: memory is counted after a collection.');
  const retry = { baseDelayMs: 600_000, maxDelayMs: 600_000, jitter: 'none' } as const;
  const limits = { deadlineMs: 3_600_000, environment: {} };
  console.log(`\n${calls} calls at once, each waiting to be sent again after a 503`);

  const mechanism = new RetryMechanism({ ...limits, retry });
  const failing = (): Error => Object.assign(new Error(overloaded), { name: 'ApiError', status: 503 });
  const shared = failing();
  const beside = await heldByEach(() => mechanism.execute(() => Promise.reject(shared)).catch(ignore));
  const work = (): never => {
    throw failing();
  };
  const waiting = await heldByEach(() => mechanism.execute(work).catch(ignore));

  const prompt = { model: 'stub', contents: 'Say something.' };
  const hanging = (): Promise<Response> => new Promise(resolve => kept.push(resolve));
  const official = new GoogleGenAI({ apiKey: 'bench-key', httpOptions: { fetch: hanging } });
  const inFlight = await heldByEach(() => official.models.generateContent({ ...prompt }));
  const fetch = async (): Promise<Response> => new Response(overloaded, { status: 503 });
  const gemini = new GeminiCore({ apiKey: 'bench-key', ...limits, retry, httpOptions: { fetch } });
  const callLlm = await heldByEach(() => gemini.callLlm({ ...prompt }).catch(ignore));

  console.log(
    `  callLlm ${kibibytes(callLlm)}, of which a call of the official client holds ${kibibytes(inFlight)} by itself`,
  );
  console.log(
    `  RetryMechanism.execute ${kibibytes(waiting)}, of which ${kibibytes(waiting - beside)} are the error and its stack`,
  );
  return printBound('RetryMechanism.execute, with the error it waits for', waiting / 1024, 3, 'KiB');
}
