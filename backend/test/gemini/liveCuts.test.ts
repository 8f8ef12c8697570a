import { describe, expect, test } from 'vitest';
import type { LiveMessage, LiveSession } from '../../index.ts';
import type { LivePoint, ScriptStep } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { liveBench, model, remembering } from './liveBench.ts';

const points: readonly LivePoint[] = ['setup', 'ready', 'turn', 'answer', 'turn-end', 'handle'];
const codes = [1000, 1001, 1006, 1011, 1012];

/** One cut at a random place of the connection's first turns, in a random way; the first connection lives until it has a handle. */
function cut(random: () => number, index: number): ScriptStep {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const at = index === 0 ? 'handle' : pick(points);
  const turn = 1 + Math.floor(random() * 2);
  if (random() < 0.15) return { fault: 'live-go-away', at: index === 0 ? at : 'handle', turn, lastsMs: 20 };
  const closeCode = pick(codes);
  return closeCode === 1006 ? { fault: 'live-reset', at, turn } : { fault: 'live-close', at, turn, closeCode };
}

const seeds = [1, 2, 3] as const;
const cuts = 120;
const turns = Array.from({ length: 150 }, (_, index) => `turn number ${index + 1}`);

interface Said {
  /** The answers that came whole, with their number as the model gave it. */
  readonly answers: readonly { readonly number: number; readonly text: string }[];
  readonly told: number;
}

/** One message at a time, with the next asked when `next` says so. */
async function conversation(
  session: LiveSession,
  onMessage: (message: LiveMessage, text: string) => boolean,
): Promise<void> {
  let text = '';
  for await (const message of session) {
    if (message.resumed) text = '';
    for (const part of message.serverContent?.modelTurn?.parts ?? []) text += part.text ?? '';
    if (onMessage(message, text)) break;
    if (message.serverContent?.turnComplete) text = '';
  }
}

/** Asks turn by turn, and again whatever it is told that may be missing. */
async function carefully(session: LiveSession): Promise<Said> {
  const answers: Said['answers'][number][] = [];
  let at = 0;
  let told = 0;
  const ask = (): void => session.sendClientContent({ turns: turns[at] ?? '' });
  ask();
  await conversation(session, ({ resumed, serverContent, sessionResumptionUpdate }, text) => {
    if (serverContent?.turnComplete) answers.push(JSON.parse(text));
    if (resumed) {
      told += 1;
      if (resumed.unconfirmed > 0) ask();
    }
    if (!sessionResumptionUpdate?.resumable) return false;
    at += 1;
    if (at < turns.length) ask();
    return at === turns.length;
  });
  return { answers, told };
}

describe.each(seeds)('a conversation over a connection that is cut at random, seed %i', seed => {
  test('is whole: nothing is said twice, nothing lost without a word', async () => {
    const random = mulberry(seed);
    let number = 0;
    const answer = (prompt: string, earlier: readonly string[]): string => {
      number += 1;
      return JSON.stringify({ number, text: remembering(prompt, earlier) });
    };
    const script = Array.from({ length: cuts }, (_, index) => cut(random, index));
    await using at = await liveBench({ answer, script });
    const session = await at.gemini.live.connect({ model }, { retry: { maxRetries: 100 } });
    const { answers, told } = await carefully(session);
    expect(at.simulator.scriptLeft).toBe(0);
    expect(told).toBeGreaterThan(60);
    // The model remembers every turn, each once and in order.
    expect(answers.at(-1)?.text).toBe(JSON.stringify(turns));
    // No answer came twice, and each came in one piece.
    expect(new Set(answers.map(one => one.number)).size).toBe(answers.length);
    expect(await session.closed).toEqual({ by: 'caller' });
  });

  test('needs nobody to ask again where the server says what it has consumed', async () => {
    const random = mulberry(seed + 100);
    const script = Array.from({ length: cuts }, (_, index) => cut(random, index));
    await using at = await liveBench({ script }, { vertexai: true });
    const session = await at.gemini.live.connect({ model }, { retry: { maxRetries: 100 } });
    let next = 1;
    let last = '';
    let lost = 0;
    session.sendClientContent({ turns: turns[0] ?? '' });
    await conversation(session, ({ resumed, serverContent, sessionResumptionUpdate }, text) => {
      lost += resumed?.unconfirmed ?? 0;
      if (serverContent?.turnComplete) last = text;
      if (!sessionResumptionUpdate?.resumable) return false;
      if (next < turns.length) session.sendClientContent({ turns: turns[next] ?? '' });
      next += 1;
      return next > turns.length;
    });
    expect(at.simulator.scriptLeft).toBe(0);
    expect(lost).toBe(0);
    expect(last).toBe(JSON.stringify(turns));
  });
});
