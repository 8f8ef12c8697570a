import { GeminiCore, type GeminiCoreOptions, isGeminiError } from '../../index.ts';
import { type SimulatedFetch, type SimulatorOptions, simulatedFetch } from '../../simulator/index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

/** A client and the service, both in virtual time: no socket, no waiting. */
export interface VirtualBench {
  readonly runtime: VirtualRuntime;
  readonly service: SimulatedFetch;
  readonly gemini: GeminiCore;
  /** Another client of the same service, which has learned nothing yet. */
  readonly client: () => GeminiCore;
}

/** @param intoMinuteMs how far the wall clock is into its minute */
export function virtualBench(
  simulated: Omit<SimulatorOptions, 'port'> = {},
  options: GeminiCoreOptions = {},
  intoMinuteMs = 0,
): VirtualBench {
  const runtime = new VirtualRuntime(mulberry(1));
  const minuteMs = 60_000;
  runtime.advance(minuteMs - (runtime.wallClock() % minuteMs) + intoMinuteMs);
  const service = simulatedFetch({ latencyMs: 200, ...simulated, runtime });
  const client = (): GeminiCore =>
    new GeminiCore({
      apiKey: 'test-key',
      environment: {},
      deadlineMs: 3_600_000,
      runtime,
      httpOptions: { fetch: service.fetch },
      ...options,
    });
  return { runtime, service, client, gemini: client() };
}

/** Chance with a seed. */
export function mulberry(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How a number of calls went. */
export interface Herd {
  readonly answered: number;
  /** By reason, and who refused. */
  readonly failed: Readonly<Record<string, number>>;
  readonly errors: readonly unknown[];
  readonly requests: number;
  /** With 429. */
  readonly rejected: number;
  /** From the first call to the last answer, in milliseconds. */
  readonly tookMs: number;
}

/** What the calls of a herd ask, and when. */
export interface HerdOptions {
  /** Milliseconds from one call to the next. */
  readonly everyMs?: number;
  readonly prompt?: ((index: number) => string) | undefined;
  readonly model?: (index: number) => string;
}

/** Makes calls and lets time pass until all have ended. */
export async function herd(
  { runtime, service, gemini }: VirtualBench,
  calls: number,
  { everyMs = 0, prompt = index => `question ${index}`, model = () => 'gemini-2.5-flash' }: HerdOptions = {},
): Promise<Herd> {
  const startMs = runtime.now();
  let endMs = startMs;
  const before = service.ledger.requests.length;
  const failed: Record<string, number> = {};
  const errors: unknown[] = [];
  const one = async (index: number): Promise<boolean> => {
    if (everyMs > 0) await runtime.sleep(everyMs * index);
    try {
      await gemini.callLlm(prompt(index), { model: model(index) });
      return true;
    } catch (error) {
      errors.push(error);
      const name = isGeminiError(error)
        ? `${error.failure.reason} ${error.failure.refusedBy ?? ''}`.trim()
        : String(error);
      failed[name] = (failed[name] ?? 0) + 1;
      return false;
    } finally {
      endMs = runtime.now();
    }
  };
  const all = await runtime.settle(Promise.all(Array.from({ length: calls }, (_, index) => one(index))));
  const requests = service.ledger.requests.slice(before);
  return {
    answered: all.filter(Boolean).length,
    failed,
    errors,
    requests: requests.length,
    rejected: requests.filter(({ status }) => status === 429).length,
    tookMs: endMs - startMs,
  };
}
