import { expect, test } from 'vitest';
import type { FaultName, ScriptStep } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { fileBench, hashOf, someBytes } from './fileBench.ts';
import { rejection } from './modelBench.ts';

const mebi = 1024 * 1024;
const bytes = someBytes(17 * mebi + 7);
const hash = hashOf(bytes);

const faults: readonly (FaultName | 'ok')[] = [
  ...([
    'ok',
    'ok',
    'ok',
    '503',
    '500',
    '429',
    'reset-before-headers',
    'reset-after-headers',
    'reset-mid-body',
  ] as const),
  ...([
    'fin-before-headers',
    'content-length-long',
    '502-html',
    '200-empty',
    '200-html',
    'upload-cut',
    'garbage-http',
  ] as const),
];

const lost: ReadonlySet<string> = new Set(['reset-before-headers', 'fin-before-headers', '500', '502-html', '503']);

/** A script in which, of what breaks, half has been done all the same. */
function scriptOf(chance: () => number): ScriptStep[] {
  return Array.from({ length: 12 }, () => {
    const fault = faults[Math.floor(chance() * faults.length)] ?? 'ok';
    const isDone = lost.has(fault) && chance() < 0.5;
    return isDone ? { fault, work: 'done' } : { fault };
  });
}

test('random scripts: an upload that ends well has created one file with its bytes, one that does not has created none that is used', async () => {
  let answered = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const { runtime, gemini, sent, stored } = fileBench({
      seed,
      simulated: { script: scriptOf(mulberry(seed)), fileProcessing: { polls: seed % 3 } },
      client: { breaker: false, concurrency: false, retryBudget: false, retry: { maxRetries: 8 } },
    });
    const end = await runtime.settle(
      rejection(gemini.uploadFile(bytes, { mimeType: 'application/pdf' }).then(file => Promise.reject(file))),
    );
    const files = await stored();
    if (end instanceof Error) expect([seed, files.filter(one => one !== hash)]).toEqual([seed, []]);
    else {
      answered += 1;
      expect([seed, files]).toEqual([seed, [hash]]);
    }
    expect(files.length).toBeLessThanOrEqual(1);
    for (const { bytes: size } of sent) expect(size).toBeLessThanOrEqual(8 * mebi);
  }
  expect(answered).toBeGreaterThan(50);
});
