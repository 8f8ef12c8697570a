import { parseLoose } from './looseJson.ts';

/** A text taken apart: the JSON values in it, and the words around them. */
export interface Unwrapped {
  readonly values: readonly unknown[];
  /** The text without the JSON. */
  readonly rest: string;
}

/** How many places of one text are tried; an error text holds one value or two. */
const mostTries = 8;

/** Where JSON may start: an object with a key, or an array of objects. Whitespace may be spelt out, a quote may be escaped. */
const jsonStart = /\{(?:\s|\\[nrt])*(?:\\?["']|[A-Za-z_]\w{0,40}:)|\[(?:\s|\\[nrt])*[{[]/g;

/** Takes the JSON out of a text. `wholeOnly`: only where the text is nothing but JSON, for words that may quote a user's input. */
export function unwrap(text: string, wholeOnly = false): Unwrapped {
  const trimmed = text.trim();
  const whole = parseWhole(trimmed);
  if (whole !== undefined) return { values: [whole.value], rest: '' };
  if (wholeOnly && !/^[bB]?['"]?[[{]/.test(trimmed)) return { values: [], rest: text };
  return unwrapParts(text);
}

function parseWhole(text: string): { readonly value: unknown } | undefined {
  const first = text[0];
  if (first !== '{' && first !== '[' && first !== '"') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
}

function unwrapParts(text: string): Unwrapped {
  const values: unknown[] = [];
  const words: string[] = [];
  let from = 0;
  let triedEscaped = false;
  jsonStart.lastIndex = 0;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const found = jsonStart.exec(text);
    if (found === null) break;
    if (isProto(text, found)) continue;
    const isEscaped = /\\["']$/.test(found[0]);
    // Undoing escapes copies the rest of the text: once is enough.
    if (isEscaped && triedEscaped) continue;
    triedEscaped ||= isEscaped;
    const parsed = isEscaped ? parseEscaped(text, found.index) : parseLoose(text, found.index);
    if (parsed === undefined) {
      jsonStart.lastIndex = found.index + 1;
      continue;
    }
    values.push(parsed.value);
    words.push(text.slice(from, found.index));
    from = parsed.end;
    jsonStart.lastIndex = from;
  }
  words.push(text.slice(from));
  return { values, rest: words.join(' ').trim() };
}

/** `metadata {` in front of a bare key is the text format of a proto, which is read elsewhere. */
function isProto(text: string, { 0: start, index }: RegExpExecArray): boolean {
  return start.endsWith(':') && /[a-z_] {0,3}$/.test(text.slice(Math.max(0, index - 8), index));
}

/** JSON inside a string literal that was printed with its escapes: one level of them is undone first. */
function parseEscaped(text: string, start: number): ReturnType<typeof parseLoose> {
  const unescaped = text.slice(start).replace(/\\(["'\\/nrt])/g, (_, escaped: string) => spelt[escaped] ?? escaped);
  const parsed = parseLoose(unescaped, 0);
  return parsed && { value: parsed.value, end: text.length };
}

const spelt: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
