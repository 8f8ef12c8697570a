/** `npm run bench`: what geminicore costs, each figure against its bound, in one run. */
import { classification } from './classify.ts';
import { waitingMemory } from './memory.ts';
import { retryOverhead, seamOverhead } from './overhead.ts';

console.log(`Node ${process.version}; the fastest of interleaved rounds.`);
const held = [await seamOverhead(), await retryOverhead(), await waitingMemory(), classification()];
process.exitCode = held.every(Boolean) ? 0 : 1;
