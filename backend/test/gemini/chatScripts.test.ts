import type { Content } from '@google/genai';
import { expect, test } from 'vitest';
import type { LlmOptions } from '../../index.ts';
import type { FaultName } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { chatBench, model, user } from './chatBench.ts';

const faults: readonly (FaultName | 'ok')[] = [
  ...(['ok', 'ok', 'ok', '503', '400', '429', 'reset-mid-body', 'reset-before-headers', 'fin-mid-chunked'] as const),
  ...([
    'sse-error-mid',
    'no-finish-reason',
    'blocked-prompt',
    'stall-mid-body',
    'empty-object',
    '200-invalid-json',
  ] as const),
];

const ways = ['send', 'stream', 'left', 'aborted'] as const;

/** Takes some turns of one chat, most of them at once, in weather of its own; gives those that its caller saw completed. */
async function play(seed: number) {
  const chance = mulberry(seed);
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(chance() * all.length)] as T;
  const bench = chatBench({ answer: prompt => `Answer to ${prompt}, in a few words.` });
  const { runtime, service, gemini, received } = bench;
  service.enqueue(...Array.from({ length: 12 }, () => oneOf(faults)));
  const chat = gemini.chat({ idleTimeoutMs: 2_000, attemptTimeoutMs: 5_000, retry: { maxRetries: oneOf([0, 1, 3]) } });
  const completed: Content[] = [];
  const note = (prompt: string, text: string): void => void completed.push(user(prompt), model(text));

  const take = async (prompt: string): Promise<void> => {
    const way = oneOf(ways);
    const abort = new AbortController();
    if (way === 'aborted') runtime.setTimer(Math.floor(chance() * 2_000), () => abort.abort(new Error('mine')));
    const options: LlmOptions = way === 'aborted' ? { signal: abort.signal } : {};
    if (way === 'send') {
      const { text } = await chat.send(prompt, options);
      note(prompt, text);
      return;
    }
    let text = '';
    for await (const chunk of chat.stream(prompt, options)) {
      text += chunk.text;
      if (way !== 'left' || chance() >= 0.5) continue;
      // Who leaves after the finish reason has the whole answer.
      if (chunk.finishReason !== undefined) note(prompt, text);
      return;
    }
    note(prompt, text);
  };
  const together: Promise<void>[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    together.push(take(`question ${turn}`).catch(() => undefined));
    if (chance() < 0.4) await runtime.settle(Promise.all(together));
  }
  await runtime.settle(Promise.all(together));
  return { chat, completed, received };
}

test('300 random scripts: the history is exactly the completed turns, and every request carries those before it', async () => {
  let turns = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const { chat, completed, received } = await play(seed);
    expect([seed, chat.history]).toEqual([seed, completed]);
    for (const contents of received) {
      const before = contents.slice(0, -1);
      expect([seed, before]).toEqual([seed, completed.slice(0, before.length)]);
    }
    turns += completed.length / 2;
  }
  // The weather lets some turns through, and not all.
  expect(turns).toBeGreaterThan(300);
  expect(turns).toBeLessThan(2_000);
});
