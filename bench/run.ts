/** `npm run bench`: what geminicore costs, each figure against its bound, in one run. */
import { classification } from './classify.ts';
import { waitingInTheGate } from './gate.ts';
import { waitingMemory } from './memory.ts';
import { retryOverhead, seamOverhead } from './overhead.ts';
import { pipelineOverhead, policyOverhead } from './policies.ts';
import { streams } from './streams.ts';

console.log(`Node ${process.version}; the fastest of interleaved rounds.`);
const held = [
  await pipelineOverhead(),
  await seamOverhead(),
  await retryOverhead(),
  await policyOverhead(),
  await streams(),
  await waitingMemory(),
  await waitingInTheGate(),
  classification(),
];
// Thousands of calls are still waiting.
process.exit(held.every(Boolean) ? 0 : 1);
