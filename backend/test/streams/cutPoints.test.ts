/** Streams that are cut at random bytes, over real sockets: what is joined is the whole, or there is an honest error. */

import { describe, expect, it } from 'vitest';
import { isGeminiError } from '../../index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { type Ending, event, type RawServer, rawServer, type Sent, words } from './rawServer.ts';
import { clientOf } from './streamBench.ts';

const sentences = [
  'Am Anfang war der Fluß, und der Fluß trug kleine Steine hinab zum Meer. ',
  'The heron counted them: one, two, three; then it lost its place & began again. ',
  '川は静かに流れ、石は何も言わなかった。',
  '\n\n```ts\nconst stone = { name: "pebble", weight: 12 };\n```\n\n',
  'And again the heron counted them: one, two, three. 🌊🪨 ',
  'Nobody knows what the sea does with so many stones, but it has never given one back.',
];

/** A text of its own for each seed. */
function textOf(random: () => number): string {
  return Array.from(
    { length: 12 },
    (_, index) => `${index}. ${sentences[Math.floor(random() * sentences.length)]}`,
  ).join('');
}

/** The events of a text, in pieces of random length, with thoughts before it. */
function wireOf(text: string, random: () => number): Uint8Array {
  const events = [
    event({ candidates: [{ content: { parts: [{ text: 'Let me think.', thought: true }] }, index: 0 }] }),
  ];
  for (let at = 0; at < text.length; ) {
    const length = 1 + Math.floor(random() * 60);
    const last = at + length >= text.length;
    events.push(words(text.slice(at, at + length), last ? 'STOP' : undefined));
    at += length;
  }
  return new TextEncoder().encode(events.join(''));
}

/** What a request asks to begin with, and where that stands in the answer; undefined where it does not ask to go on. */
function asked(body: string): { readonly at: number; readonly anchor: string } | undefined {
  const turns = (JSON.parse(body) as { contents: { role: string; parts: { text: string }[] }[] }).contents;
  if (turns.length === 1) return undefined;
  const last = turns.at(-1)?.parts[0]?.text ?? '';
  const before = turns.find(({ role }) => role === 'model')?.parts[0]?.text ?? '';
  return { at: before.length, anchor: last.split('\n\n').slice(1, -1).join('\n\n') };
}

const endings: readonly Ending[] = ['end', 'fin', 'reset', 'fin', 'reset', 'end', 'end', 'stall'];

/** How a model goes on: as it was asked, from further back, from the beginning, or not as asked. */
type Manner = 'asked' | 'back' | 'beginning' | 'straight on' | 'other words' | 'introduction';

const honest: ReadonlySet<Manner> = new Set(['asked', 'back', 'beginning']);

interface Story {
  readonly whole: string;
  readonly server: RawServer;
  readonly manner: Manner;
}

function goneOnWith(whole: string, { at, anchor }: NonNullable<ReturnType<typeof asked>>, manner: Manner): string {
  if (manner === 'asked') return whole.slice(at);
  if (manner === 'back') return whole.slice(Math.max(0, at - 33));
  if (manner === 'beginning') return whole;
  if (manner === 'straight on') return whole.slice(at + anchor.length);
  if (manner === 'introduction') return `Of course! Here it goes on: ${whole.slice(at)}`;
  return `The heron went home. ${whole.slice(at + anchor.length)}`;
}

/** A server that cuts its first answer, and as many others as it likes, at a random byte. */
async function storyOf(seed: number): Promise<Story> {
  const random = mulberry(seed);
  const whole = textOf(random);
  const drawn = random();
  const manners: readonly Manner[] = ['back', 'beginning', 'straight on', 'other words', 'introduction'];
  const manner = drawn < 0.7 ? 'asked' : (manners[Math.floor(((drawn - 0.7) / 0.3) * manners.length)] ?? 'asked');
  const cuts = 1 + Math.floor(random() ** 3 * 3);
  const answer = (body: string, count: number): Sent => {
    const goesOn = asked(body);
    const wire = wireOf(goesOn === undefined ? whole : goneOnWith(whole, goesOn, manner), random);
    if (count > cuts) return { bytes: [wire], ending: 'end' };
    const cut = Math.floor(random() * wire.length);
    return { bytes: [wire.subarray(0, cut)], ending: endings[Math.floor(random() * endings.length)] ?? 'end' };
  };
  return { whole, manner, server: await rawServer(answer) };
}

interface Run {
  readonly text: string;
  readonly error: unknown;
  readonly resumed: number;
}

async function run(server: RawServer, resume: boolean): Promise<Run> {
  const stream = clientOf(server.url).callLlmStream('Tell me of the river.', { resume });
  let text = '';
  let resumed = 0;
  try {
    for await (const chunk of stream) {
      text += chunk.text;
      resumed = chunk.resumed?.times ?? 0;
    }
    expect(await stream.result).toMatchObject({ text, finishReason: 'STOP' });
    return { text, error: undefined, resumed };
  } catch (error) {
    return { text, error, resumed };
  }
}

async function each<T>(seeds: readonly number[], work: (seed: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const left = [...seeds];
  const worker = async (): Promise<void> => {
    for (let seed = left.pop(); seed !== undefined; seed = left.pop()) results.push(await work(seed));
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return results;
}

const seeds = Array.from({ length: 1_000 }, (_, index) => index + 1);

describe('a thousand streams cut at random bytes', () => {
  it('with `resume`: the joined text is the whole, or the error is honest', async () => {
    const ends = await each(seeds, async seed => {
      const story = await storyOf(seed);
      await using server = story.server;
      const { text, error, resumed } = await run(server, true);
      // Nothing twice, nothing lost: what was yielded is how the whole begins.
      expect([seed, story.whole.startsWith(text)]).toEqual([seed, true]);
      if (error === undefined) expect([seed, text]).toEqual([seed, story.whole]);
      else if (isGeminiError(error)) expect([seed, error.partialText ?? '']).toEqual([seed, text]);
      else throw error;
      return { manner: story.manner, isWhole: error === undefined, resumed, length: text.length };
    });
    const fitting = ends.filter(({ manner }) => honest.has(manner));
    // What is left are streams that were cut within their first words.
    expect(fitting.filter(({ isWhole, length }) => !isWhole && length >= 16)).toEqual([]);
    expect(fitting.filter(({ isWhole }) => isWhole).length).toBeGreaterThan(fitting.length * 0.95);
    // Where it did not go on as asked, it was joined only if it had not been needed, or fitted all the same.
    expect(ends.filter(({ manner, isWhole, resumed }) => !honest.has(manner) && isWhole && resumed > 0)).toEqual([]);
    expect(ends.filter(({ resumed }) => resumed > 1).length).toBeGreaterThan(20);
  }, 120_000);

  it('without it: the error carries exactly what was yielded', async () => {
    const ends = await each(seeds, async seed => {
      const story = await storyOf(seed);
      await using server = story.server;
      const { text, error } = await run(server, false);
      expect([seed, story.whole.startsWith(text)]).toEqual([seed, true]);
      if (error === undefined) return expect([seed, text]).toEqual([seed, story.whole]);
      if (!isGeminiError(error)) throw error;
      return expect([seed, error.partialText ?? '', error.state]).toEqual([
        seed,
        text,
        expect.stringMatching('truncated|stalled'),
      ]);
    });
    expect(ends).toHaveLength(1_000);
  }, 120_000);
});
