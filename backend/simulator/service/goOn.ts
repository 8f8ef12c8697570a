import { listOf, objectOf, textOf } from '../json.ts';

type Body = Readonly<Record<string, unknown>>;

/** What the user had asked, and how much of the answer is not to be written again. */
export interface WentOn {
  readonly prompt: string;
  readonly earlier: readonly string[];
  /** How many characters of the answer come before what is written now. */
  readonly from: (answer: string) => number | undefined;
}

interface Turn {
  readonly role: string;
  readonly text: string;
}

function turnsOf(body: Body): readonly Turn[] {
  return listOf(body['contents']).map(content => {
    const { role, parts } = objectOf(content);
    const texts = listOf(parts).map(part => textOf(objectOf(part)['text']));
    return { role: textOf(role) || 'user', text: texts.join('') };
  });
}

/**
 * Reads a request that asks to go on with an answer that broke off, as a model does: after what the user had asked comes what there is
 * of the answer, if anything, and a last turn that quotes, in a paragraph of its own, the words to begin with.
 */
export function askedToGoOn(body: Body): WentOn | undefined {
  const turns = turnsOf(body);
  const last = turns.at(-1);
  if (last?.role !== 'user' || turns.length < 2) return undefined;
  const before = turns.at(-2);
  const answered = before?.role === 'model' ? before.text : '';
  const asked = turns.slice(0, before?.role === 'model' ? -2 : -1).filter(({ role }) => role === 'user');
  const prompt = asked.at(-1)?.text;
  if (prompt === undefined) return undefined;
  const from = (answer: string): number | undefined => {
    const rest = answer.startsWith(answered) ? answer.slice(answered.length) : undefined;
    return rest !== undefined && quotes(last.text, rest) ? answered.length : undefined;
  };
  return { prompt, earlier: asked.slice(0, -1).map(({ text }) => text), from };
}

/** So many characters of the answer have to be quoted. */
const leastQuoted = 16;

/** Does the text quote how the rest of the answer begins, in a paragraph of its own? */
function quotes(text: string, rest: string): boolean {
  const beginning = `\n\n${rest.slice(0, leastQuoted)}`;
  return rest.length >= leastQuoted && text.includes(beginning);
}
