import type { Failure } from './failure.ts';
import { redact } from './redact.ts';

const mark = '[prompt]';

/** Words, whatever stands between them: white space, quotes, punctuation, or the same escaped in JSON. */
const words = /(?:(?!\\[nrtbf"\\/u])[^\s"'`,;:(){}[\]<>…])+/g;

/** So many words in a row that also stand in the request are an echo of it. */
const runLength = 3;

/** A run of shorter words is grammar. In characters. */
const shortestRun = 10;

/** A single word this long is a name, a number or a secret of the user's, not one of the server's. In characters. */
const longWord = 16;

/** More than this of a word is data. In characters. */
const longestWord = 200;

/** What is read of a request, in words: enough to find an echo by, little enough for a failure's sake. */
const mostWords = 200_000;

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(words)].map(({ 0: word, index }) => ({
    text: word.toLowerCase().replace(/[.!?]+$/, ''),
    start: index,
    end: index + word.length,
  }));
}

const joined = (run: readonly Word[]): string => run.map(({ text }) => text).join(' ');

/** Every run of words that the request holds, and its long words. */
function echoesOf(body: string): Set<string> {
  const echoes = new Set<string>();
  let read = 0;
  const visit = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'string' || read > mostWords) return value;
    const all = wordsOf(value.slice(0, mostWords * 8)).filter(({ text }) => text.length <= longestWord);
    read += all.length;
    const length = Math.min(runLength, Math.max(1, all.length));
    for (const [index, word] of all.entries()) {
      if (word.text.length >= longWord) echoes.add(word.text);
      const run = joined(all.slice(index, index + length));
      if (index + length <= all.length && length > 1 && run.length >= shortestRun) echoes.add(run);
    }
    return value;
  };
  try {
    JSON.parse(body, visit);
  } catch {
    // Not JSON: lines of it, or plain text.
    visit('', body);
  }
  return echoes;
}

function withoutEchoes(text: string, echoes: ReadonlySet<string>): string {
  const all = wordsOf(text);
  const isEcho = new Array<boolean>(all.length).fill(false);
  for (let index = 0; index < all.length; index += 1) {
    for (let length = 1; length <= runLength; length += 1) {
      if (echoes.has(joined(all.slice(index, index + length)))) isEcho.fill(true, index, index + length);
    }
  }
  let clean = '';
  let from = 0;
  for (const [index, { start, end }] of all.entries()) {
    if (!isEcho[index]) continue;
    if (index === 0 || !isEcho[index - 1]) clean += text.slice(from, start) + mark;
    from = end;
  }
  return clean + text.slice(from);
}

/** Takes secrets out of a text, and the request's own words in case the server quoted them. */
export function cleaner(body: string | undefined, secrets: readonly string[]): (text: string) => string {
  let echoes: ReadonlySet<string> | undefined;
  return text => {
    echoes ??= body === undefined ? new Set() : echoesOf(body);
    return redact(echoes.size === 0 ? text : withoutEchoes(text, echoes), secrets);
  };
}

/** The failure with its texts cleaned. */
export function masked<F extends Failure>(failure: F, clean: (text: string) => string): F {
  return { ...failure, message: clean(failure.message), evidence: clean(failure.evidence) };
}
