import type { GeminiCoreOptions, LiveMessage, LiveOptions, LiveResumption, LiveSession } from '../../index.ts';
import type { ScriptStep, SimulatorOptions } from '../../simulator/index.ts';
import { type Bench, bench } from '../e2e/geminiClient.ts';

/** The name is of no matter to the simulator. */
export const model = 'gemini-live-test';

/** A model that says what it has been told, in order, as JSON: whatever a session forgets is missing here. */
export const remembering = (prompt: string, earlier: readonly string[]): string => JSON.stringify([...earlier, prompt]);

/** A simulator whose model remembers, and a client that does not wait between attempts. */
export const liveBench = (simulated: SimulatorOptions = {}, options: GeminiCoreOptions = {}): Promise<Bench> =>
  bench({ answer: remembering, ...simulated }, options);

/** What one turn came to. */
export interface Turn {
  readonly text: string;
  readonly resumed: readonly LiveResumption[];
}

/** Reads until the turn is over and the session can be resumed from there. */
export async function readTurn(session: LiveSession): Promise<Turn> {
  let text = '';
  const resumed: LiveResumption[] = [];
  const messages = session[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await messages.next();
    if (done) throw new Error('The session ended.');
    for (const part of value.serverContent?.modelTurn?.parts ?? []) text += part.text ?? '';
    if (value.resumed) resumed.push(value.resumed);
    // Who is told that a turn was lost has to ask again: there is nothing more to come.
    if (value.resumed?.turnLost && value.resumed.resent === 0) return { text, resumed };
    if (value.sessionResumptionUpdate?.resumable) return { text, resumed };
  }
}

/** Asks, and reads the whole turn. */
export function ask(session: LiveSession, turns: string): Promise<Turn> {
  session.sendClientContent({ turns });
  return readTurn(session);
}

/** Asks until the answer is whole: again where the turn was lost. */
export async function converse(session: LiveSession, turns: string): Promise<Turn> {
  for (;;) {
    const turn = await ask(session, turns);
    if (!turn.resumed.some(({ turnLost }) => turnLost)) return turn;
  }
}

/** The next message that is of interest. */
export async function nextMessage(
  session: LiveSession,
  wanted: (message: LiveMessage) => boolean,
): Promise<LiveMessage> {
  const messages = session[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await messages.next();
    if (done) throw new Error('The session ended.');
    if (wanted(value)) return value;
  }
}

/** A session whose first turn is over, so that it can be resumed, after which the script goes on. */
export async function resumable(
  at: Bench,
  script: readonly ScriptStep[],
  options: LiveOptions = {},
): Promise<LiveSession> {
  at.simulator.enqueue(...script);
  const session = await at.gemini.live.connect({ model }, options);
  await ask(session, 'one');
  return session;
}
