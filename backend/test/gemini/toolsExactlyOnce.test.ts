import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { modelBench, type Part } from './modelBench.ts';

/** What may happen to any exchange, and is worth sending it again. */
const weather: readonly FaultName[] = [
  '503',
  '503-json-html',
  '429',
  '429-unspecified',
  '200-invalid-json',
  '200-empty',
  '200-html',
  '200-error-body',
  'reset-before-headers',
  'reset-after-headers',
  'reset-mid-body',
  'finish-malformed-function-call',
  'finish-other',
  'no-candidates',
  'stop-no-parts',
];

const scripts = 1_000;

/** Three steps: two tools at once, then one, then one that fails; then the answer. */
const steps: readonly (readonly Part[])[] = [
  [{ functionCall: { name: 'book', args: { seat: 1 } } }, { functionCall: { name: 'book', args: { seat: 2 } } }],
  [{ functionCall: { name: 'pay', args: { euros: 40 } } }],
  [{ functionCall: { name: 'print' } }],
];

/** Up to two faults at each of the four requests. */
function scriptOf(random: () => number): (FaultName | 'ok')[] {
  return Array.from({ length: 4 }).flatMap(() => {
    const faults = Array.from(
      { length: Math.floor(random() * 3) },
      () => weather[Math.floor(random() * weather.length)] ?? '503',
    );
    return [...faults, 'ok' as const];
  });
}

async function runOnce(
  seed: number,
): Promise<{ runs: Record<string, number>; sent: number; text: string; attempts: number }> {
  const script = scriptOf(mulberry(seed));
  const { runtime, gemini, asked } = modelBench({
    model: (_asked, number) => steps[number] ?? 'Booked.',
    simulated: { script },
    client: { deadlineMs: 3_600_000, breaker: false },
    seed,
  });
  const runs: Record<string, number> = {};
  const ran = (name: string): void => {
    runs[name] = (runs[name] ?? 0) + 1;
  };
  const number = { type: 'number' };
  const tools = {
    book: {
      description: 'Books a seat.',
      parameters: { type: 'object', properties: { seat: number } },
      execute: (args: unknown) => ran(`book ${Reflect.get(Object(args), 'seat')}`),
    },
    pay: {
      description: 'Pays.',
      parameters: { type: 'object', properties: { euros: number } },
      execute: () => ran('pay'),
    },
    print: {
      description: 'Prints.',
      execute: () => {
        ran('print');
        throw new Error('out of paper');
      },
    },
  };
  const { text, attempts } = await runtime.settle(gemini.callLlmWithTools('Book two seats.', tools));
  return { runs, sent: asked.length, text, attempts: attempts.length - script.length };
}

describe('whatever the network does', () => {
  it(`every tool runs exactly once for each time that the model asks, in ${scripts} scripts of faults`, async () => {
    for (let seed = 1; seed <= scripts; seed += 1) {
      expect([seed, await runOnce(seed)]).toEqual([
        seed,
        { runs: { 'book 1': 1, 'book 2': 1, pay: 1, print: 1 }, sent: 4, text: 'Booked.', attempts: 0 },
      ]);
    }
  }, 60_000);
});
