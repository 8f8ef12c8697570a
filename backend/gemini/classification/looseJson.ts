/**
 * Reads JSON as it turns up in error texts: cut off at the end, with single quotes and None as Python prints it, with bare keys as
 * `console.log` prints it, or with `\n` spelt out between tokens as a bytes literal prints it. One pass, no recursion, no
 * backtracking: linear in the text.
 */

/** A value that was read, and where it ended. */
export interface LooseJson {
  readonly value: unknown;
  /** Index after the last character that belongs to the value. */
  readonly end: number;
}

type Container = {
  readonly isArray: boolean;
  readonly items: unknown[];
  readonly fields: Record<string, unknown>;
  key: string | undefined;
  /** A value was read and no comma since: another value here means that this is no JSON. */
  isFull: boolean;
};

const deepest = 64;
const words: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
  undefined: undefined,
};
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const bareWord = /[\w$@./+-]+/y;

/** The object or array that starts at `start`, or undefined where there is none. What was cut off is left out. */
export function parseLoose(text: string, start: number): LooseJson | undefined {
  const open: Container[] = [];
  let at = start;
  while (at < text.length) {
    at = skipSpace(text, at);
    const character = text[at];
    if (character === undefined) break;
    if (character === '{' || character === '[') {
      if (open.length >= deepest || open.at(-1)?.isFull) return undefined;
      open.push({ isArray: character === '[', items: [], fields: {}, key: undefined, isFull: false });
      at += 1;
    } else if (character === '}' || character === ']') {
      const closed = open.pop();
      if (closed === undefined) return undefined;
      at += 1;
      if (open.length === 0) return { value: built(closed), end: at };
      place(open, built(closed));
    } else if (character === ',' || character === ':') {
      const top = open.at(-1);
      if (top !== undefined && character === ',') top.isFull = false;
      at += 1;
    } else {
      const token = readToken(text, at);
      if (token === undefined || !placeToken(open, token, text)) return undefined;
      at = token.end;
    }
  }
  return closeAll(open, text.length);
}

interface Token {
  readonly value: unknown;
  readonly end: number;
  /** False where the text ended inside it. */
  readonly whole: boolean;
}

function readToken(text: string, at: number): Token | undefined {
  const character = text[at];
  if (character === '"' || character === "'") return readQuoted(text, at + 1, character);
  bareWord.lastIndex = at;
  const word = bareWord.exec(text)?.[0];
  if (word === undefined) return undefined;
  const value = Object.hasOwn(words, word) ? words[word] : Number.isNaN(Number(word)) ? word : Number(word);
  return { value, end: at + word.length, whole: true };
}

function readQuoted(text: string, start: number, quote: string): Token {
  const parts: string[] = [];
  let from = start;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === quote) {
      parts.push(text.slice(from, at));
      return { value: parts.join(''), end: at + 1, whole: true };
    }
    if (character !== '\\') continue;
    parts.push(text.slice(from, at));
    const escaped = text[at + 1] ?? '';
    const isUnicode = escaped === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6));
    parts.push(
      isUnicode ? String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16)) : (escapes[escaped] ?? escaped),
    );
    at += isUnicode ? 5 : 1;
    from = at + 1;
  }
  parts.push(text.slice(from));
  return { value: parts.join(''), end: text.length, whole: false };
}

/** Whether the token fits. A bare word is a key only where a colon follows: anything else is prose, and prose is no JSON. */
function placeToken(open: Container[], token: Token, text: string): boolean {
  const top = open.at(-1);
  if (top === undefined || top.isFull) return false;
  const isKey = !top.isArray && top.key === undefined;
  if (isKey) {
    if (typeof token.value !== 'string' && typeof token.value !== 'number') return false;
    const next = text[skipSpace(text, token.end)];
    if (next !== ':' && next !== undefined) return false;
    if (token.whole) top.key = String(token.value);
    return true;
  }
  place(open, token.value);
  return true;
}

function place(open: Container[], value: unknown): void {
  const top = open.at(-1);
  if (top === undefined) return;
  top.isFull = true;
  if (top.isArray) {
    top.items.push(value);
  } else if (top.key !== undefined) {
    // defineProperty, because a key `__proto__` must stay data.
    Object.defineProperty(top.fields, top.key, { value, enumerable: true, configurable: true, writable: true });
    top.key = undefined;
  }
}

function built({ isArray, items, fields }: Container): unknown {
  return isArray ? items : fields;
}

function closeAll(open: Container[], end: number): LooseJson | undefined {
  for (;;) {
    const closed = open.pop();
    if (closed === undefined) return undefined;
    if (open.length === 0) return { value: built(closed), end };
    place(open, built(closed));
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code <= 32 || code === 0xa0) at += 1;
    else if (code === 92 && 'nrt'.includes(text[at + 1] ?? ' ')) at += 2;
    else return at;
  }
}
