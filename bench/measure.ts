/** One thing to time: `run` does the work `count` times. */
export interface Contender {
  readonly name: string;
  readonly run: (count: number) => Promise<void>;
}

export interface Timing {
  readonly name: string;
  /** The fastest round, in nanoseconds per piece of work. */
  readonly ns: number;
}

/**
 * Times contenders in turn, round after round, and keeps the fastest round of each: on a machine with noisy neighbours the minimum
 * is what the code costs, and taking turns spreads the noise over all.
 */
export async function fastestRounds(
  contenders: readonly Contender[],
  rounds: number,
  count: number,
): Promise<Timing[]> {
  const fastest = new Map<string, number>();
  for (const { run } of contenders) await run(count);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run } of contenders) {
      const startMs = performance.now();
      await run(count);
      const ns = ((performance.now() - startMs) * 1e6) / count;
      fastest.set(name, Math.min(ns, fastest.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
  return contenders.map(({ name }) => ({ name, ns: fastest.get(name) ?? Number.NaN }));
}

/** Repeats an operation one after the other. */
export const repeat = (operation: () => Promise<unknown>) => async (count: number) => {
  for (let done = 0; done < count; done += 1) await operation();
};

const inWords = (ns: number): string => (ns < 10_000 ? `${Math.round(ns)} ns` : `${(ns / 1000).toFixed(1)} µs`);

/** A table of timings, each beside the one it is compared with. */
export function printTimings(title: string, timings: readonly Timing[], base: string): void {
  const baseNs = timings.find(({ name }) => name.startsWith(base))?.ns ?? Number.NaN;
  console.log(`\n${title}`);
  for (const { name, ns } of timings) {
    console.log(`  ${name.padEnd(44)} ${inWords(ns).padStart(10)}  ${(ns / baseNs).toFixed(2)} × ${base}`);
  }
}

/** Says whether a promise of the documentation holds. */
export function printBound(claim: string, value: number, bound: number, unit: string): boolean {
  const holds = value <= bound;
  console.log(`  ${holds ? 'holds ' : 'BROKEN'} ${claim}: ${value.toFixed(2)} ${unit} (bound ${bound} ${unit})`);
  return holds;
}

/** Bytes that are really in use. Needs --expose-gc. */
export function heapAfterCollection(): number {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
