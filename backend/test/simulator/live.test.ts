import type { GoogleGenAI, LiveConnectConfig, LiveServerMessage, Session } from '@google/genai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type LivePoint,
  type Simulator,
  SimulatorOptionError,
  type Step,
  startSimulator,
} from '../../simulator/index.ts';
import { sdkOn } from './seen.ts';

let simulator: Simulator;
let sdk: GoogleGenAI;
beforeAll(async () => {
  simulator = await startSimulator({ answer: (prompt, earlier) => `${[...earlier, prompt].join(' | ')} !` });
  sdk = sdkOn(simulator.url);
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

/** What a client saw of one session. */
interface Seen {
  readonly session: Session;
  readonly messages: LiveServerMessage[];
  /** Resolves when so many turns are over, with their handles where there are any. */
  over(turns: number): Promise<void>;
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

async function connect(config: LiveConnectConfig = {}, client = sdk): Promise<Seen> {
  const messages: LiveServerMessage[] = [];
  const closed = Promise.withResolvers<readonly [number, string]>();
  let check = (): void => {};
  const callbacks = {
    onmessage: (message: LiveServerMessage) => {
      messages.push(message);
      check();
    },
    onclose: ({ code, reason }: { code: number; reason: string }) => closed.resolve([code, reason]),
  };
  const session = await client.live.connect({ model: 'live', config, callbacks });
  const isOver = ({ serverContent, sessionResumptionUpdate }: LiveServerMessage): boolean =>
    config.sessionResumption ? sessionResumptionUpdate?.resumable === true : serverContent?.turnComplete === true;
  const over = (turns: number): Promise<void> =>
    new Promise(resolve => {
      check = () => messages.filter(isOver).length >= turns && resolve();
      check();
    });
  return { session, messages, over, closed: closed.promise };
}

const plain = (messages: readonly LiveServerMessage[]): unknown => JSON.parse(JSON.stringify(messages));
const textIn = (messages: readonly LiveServerMessage[]): string =>
  messages
    .flatMap(({ serverContent }) => serverContent?.modelTurn?.parts ?? [])
    .map(({ text }) => text)
    .join('');

describe('a live session of the official client', () => {
  test('is set up and answered in pieces, with usage', async () => {
    const { session, messages, over } = await connect();
    session.sendClientContent({ turns: 'one two' });
    await over(1);
    expect(plain(messages)).toEqual([
      { setupComplete: {} },
      { serverContent: { modelTurn: { role: 'model', parts: [{ text: 'one two ' }] } } },
      { serverContent: { modelTurn: { role: 'model', parts: [{ text: '!' }] } } },
      { serverContent: { generationComplete: true } },
      {
        serverContent: { turnComplete: true },
        usageMetadata: { promptTokenCount: 2, responseTokenCount: 3, totalTokenCount: 5 },
      },
    ]);
    session.close();
  });

  test('is resumed by a handle from where the handle was given, as often as one likes', async () => {
    const first = await connect({ sessionResumption: {} });
    first.session.sendClientContent({ turns: 'one' });
    await first.over(1);
    const handle = first.messages.at(-1)?.sessionResumptionUpdate?.newHandle ?? '';
    first.session.sendClientContent({ turns: 'after the handle' });
    await first.over(2);
    first.session.close();
    for (const turns of ['two', 'three']) {
      const resumed = await connect({ sessionResumption: { handle } });
      resumed.session.sendClientContent({ turns });
      await resumed.over(1);
      expect(textIn(resumed.messages)).toBe(`one | ${turns} !`);
      resumed.session.close();
    }
  });

  test('says on Vertex which message it has consumed last, the setup being number 0 of each connection', async () => {
    const client = sdkOn(simulator.url, { vertexai: true });
    const { session, messages, over } = await connect({ sessionResumption: { transparent: true } }, client);
    session.sendClientContent({ turns: 'a part', turnComplete: false });
    session.sendClientContent({ turns: 'the rest' });
    await over(1);
    expect(messages.at(-1)?.sessionResumptionUpdate).toMatchObject({
      resumable: true,
      lastConsumedClientMessageIndex: '2',
    });
    session.close();
  });

  test('is refused with a handle that was never given', async () => {
    const connecting = connect({ sessionResumption: { handle: 'of another day' } });
    await expect(connecting).rejects.toThrow(/code 1008.*session not found/);
  });

  test('is told by the ledger: who closed, and whether in order', async () => {
    const ended = await connect();
    ended.session.close();
    await ended.closed;
    simulator.enqueue({ fault: 'live-close', at: 'ready' });
    await (await connect()).closed;
    const seen = simulator.ledger.requests.map(({ status, fault, completed, closedByClient }) => [
      ...[status, fault, completed, closedByClient],
    ]);
    expect(seen).toEqual([
      [101, 'none', true, true],
      [101, 'live-close', false, false],
    ]);
  });
});

describe('misbehaviour on order', () => {
  // what happened before it: setup, pieces, end of the turn, handle
  const rows: readonly (readonly [point: LivePoint, messages: number])[] = [
    ['ready', 1],
    ['turn', 1],
    ['answer', 3],
    ['turn-end', 6],
    ['handle', 7],
  ];

  test.each(rows)('live-close at %s comes after %i messages, with its code and words', async (at, count) => {
    simulator.enqueue({ fault: 'live-close', at, closeCode: 1013, closeReason: 'come back' });
    const { session, messages, closed } = await connect({ sessionResumption: {} });
    session.sendClientContent({ turns: 'word' });
    expect(await closed).toEqual([1013, 'come back']);
    expect(messages).toHaveLength(count);
  });

  test.each(rows)('live-reset at %s tears the connection after %i messages', async (at, count) => {
    simulator.enqueue({ fault: 'live-reset', at });
    const { session, messages, closed } = await connect({ sessionResumption: {} });
    session.sendClientContent({ turns: 'word' });
    expect(await closed).toEqual([1006, '']);
    expect(messages).toHaveLength(count);
  });

  test('a fault waits for its turn', async () => {
    simulator.enqueue({ fault: 'live-close', at: 'turn-end', turn: 2 });
    const { session, messages, closed } = await connect();
    session.sendClientContent({ turns: 'one' });
    session.sendClientContent({ turns: 'two' });
    await closed;
    expect(messages.filter(({ serverContent }) => serverContent?.turnComplete)).toHaveLength(2);
  });

  test('goAway says how long is left, and keeps its word', async () => {
    simulator.enqueue({ fault: 'live-go-away', at: 'ready', lastsMs: 30 });
    const { messages, closed } = await connect();
    expect(await closed).toEqual([1011, 'Deadline expired before operation could complete.']);
    expect(messages[1]?.goAway).toEqual({ timeLeft: '0.03s' });
  });

  test('an upgrade is refused with a status, and live faults are kept for sessions', async () => {
    simulator.enqueue({ fault: 'live-close', at: 'setup', closeCode: 1008 }, '503');
    await expect(sdk.models.generateContent({ model: 'm', contents: 'x' })).rejects.toMatchObject({ status: 503 });
    await expect(connect()).rejects.toThrow('code 1008');
    simulator.enqueue('503');
    await expect(connect()).rejects.toThrow('Unexpected server response: 503');
    expect(simulator.scriptLeft).toBe(0);
  });

  test.each([
    [{ fault: 'live-close', at: 'never' }, 'script[0].at is "never"'],
    [{ fault: 'live-close', turn: 0 }, 'script[0].turn is 0'],
    [{ fault: 'live-close', closeCode: 99 }, 'script[0].closeCode is 99'],
    [{ fault: 'live-close', closeReason: 'ä'.repeat(62) }, 'allowed: a text of at most 123 bytes'],
    [{ fault: 'live-clos' }, 'the nearest being live-close'],
  ])('%j is refused: %s', (step, words) => {
    const wrong = (): void => simulator.enqueue(step as Step);
    expect(wrong).toThrow(SimulatorOptionError);
    expect(wrong).toThrow(words);
  });
});
