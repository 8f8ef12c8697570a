import { attemptOnce } from '../backend/resilience/attemptOnce.ts';
import { pipeline } from '../backend/resilience/pipeline.ts';
import { type Send, startCall, startExchange } from '../backend/resilience/policy.ts';
import { quotaGate } from '../backend/resilience/quota/quotaGate.ts';
import { systemRuntime } from '../backend/resilience/wholeRuntime.ts';
import { heapAfterCollection, printBound } from './measure.ts';

const target = { service: 'host model', scope: 'host project model' };
const classify = (): never => {
  throw new Error('Nothing fails here.');
};
const options = { classify, attemptTimeoutMs: 300_000 };

/** Work through a gate whose first exchange is under way until it is told to end: all others wait. */
function heldGate(): { readonly send: Send; readonly release: () => void; readonly all: Promise<unknown>[] } {
  const send = pipeline(quotaGate())(attemptOnce);
  let release = (): void => {};
  const first = new Promise<void>(resolve => {
    release = resolve;
  });
  const runtime = { ...systemRuntime, sleep: () => new Promise<void>(() => {}) };
  const call = startCall({ operation: 'work', runtime });
  const all: Promise<unknown>[] = [send(startExchange(call, true, () => first, options, target))];
  return { send, release, all };
}

const work = async (): Promise<number> => 1;

function wait(gate: ReturnType<typeof heldGate>, calls: number): void {
  const runtime = { ...systemRuntime, sleep: () => new Promise<void>(() => {}) };
  for (let index = 0; index < calls; index += 1) {
    const call = startCall({ operation: 'work', runtime, deadlineMs: 3_600_000 });
    gate.all.push(gate.send(startExchange(call, true, work, options, target)));
  }
}

function heldByEach(calls: number): number {
  const gate = heldGate();
  wait(gate, 200);
  const before = heapAfterCollection();
  wait(gate, calls);
  const each = (heapAfterCollection() - before) / calls;
  kept.push(gate);
  return each;
}

const kept: unknown[] = [];

/** Milliseconds from the release of the first to the end of all who waited; the fastest of some runs. */
async function releaseMs(calls: number): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run += 1) {
    const gate = heldGate();
    wait(gate, calls);
    const startMs = performance.now();
    gate.release();
    await Promise.all(gate.all);
    fastest = Math.min(fastest, performance.now() - startMs);
  }
  return fastest;
}

/** What a call that waits in the gate holds, and what letting thousands go costs. */
export async function waitingInTheGate(): Promise<boolean> {
  console.log('\nCalls that wait in the quota gate');
  const held = heldByEach(10_000);
  const few = await releaseMs(2_000);
  const many = await releaseMs(20_000);
  console.log(`  2,000 are released in ${few.toFixed(1)} ms, 20,000 in ${many.toFixed(1)} ms`);
  const linear = printBound('ten times the calls take', many / few, 15, '× the time');
  return printBound('a waiting call holds', held / 1_024, 2, 'KiB') && linear;
}
