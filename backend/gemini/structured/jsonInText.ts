/** A JSON value that a text holds. */
export interface Found {
  readonly value: unknown;
}

/** What a text holds of JSON. */
export interface Held {
  /** Its one value; undefined where there is none, or more than one, or a broken one. */
  readonly found: Found | undefined;
  /** Could the text go on with more of its value: a number at its very end, an open bracket or quote, or no value yet? */
  readonly mayGoOn: boolean;
}

function parsed(text: string): Found | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Where the bracket or text that opens at `start` is closed, brackets in texts left out; undefined where it is not. */
function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0 && !inString) return at + 1;
  }
  return undefined;
}

/** What stands in a bracket that no other bracket holds. */
interface Bracketed {
  readonly start: number;
  readonly end: number;
  /** Undefined: it is no JSON. What stands inside it is part of something broken, and is not looked at. */
  readonly found: Found | undefined;
}

/** Brackets that are all closed; or that one of them is not, or that one is closed which was never opened. */
type Brackets = { readonly all: readonly Bracketed[] } | { readonly broken: 'open' | 'stray' };

const bracket = /[{}[\]]/g;
const quoted = /^\s*"/;

/** The outermost brackets of a text, in order. Each character is read once. */
function bracketsIn(text: string): Brackets {
  const all: Bracketed[] = [];
  // A text that begins as a JSON text may hold brackets of its own.
  const quote = quoted.exec(text)?.[0].length;
  const from = quote === undefined ? 0 : endOf(text, quote - 1);
  if (from === undefined) return { broken: 'open' };
  bracket.lastIndex = from;
  for (let match = bracket.exec(text); match !== null; match = bracket.exec(text)) {
    const { 0: character, index: start } = match;
    if (character === '}' || character === ']') return { broken: 'stray' };
    const end = endOf(text, start);
    if (end === undefined) return { broken: 'open' };
    all.push({ start, end, found: parsed(text.slice(start, end)) });
    bracket.lastIndex = end;
  }
  return { all };
}

const fence = /```[a-z]*[^\S\n]*\n([\s\S]*?)\n?[^\S\n]*```/gi;

/** The values that stand in fences of their own, not in those of a text within a value. */
function fencedIn(text: string, brackets: readonly Bracketed[]): Found[] {
  return [...text.matchAll(fence)].flatMap(({ 0: { length }, 1: inside = '', index }) => {
    const isInside = brackets.some(({ start, end }) => start < index && index + length <= end);
    return isInside ? [] : (parsed(inside) ?? []);
  });
}

/**
 * The one JSON value that a text holds: the text itself, what stands in its only fence, or the only value in brackets among
 * other words. A value that is cut off or broken is none, whatever whole values stand inside it.
 */
export function jsonIn(text: string): Held {
  const whole = parsed(text);
  if (whole !== undefined) return { found: whole, mayGoOn: typeof whole.value === 'number' && /\S$/.test(text) };
  const brackets = bracketsIn(text);
  if ('broken' in brackets) return { found: undefined, mayGoOn: brackets.broken === 'open' };
  const { all } = brackets;
  const fenced = fencedIn(text, all);
  const candidates = fenced.length > 0 ? fenced : all.flatMap(({ found }) => found ?? []);
  const found = candidates.length === 1 ? candidates[0] : undefined;
  return { found, mayGoOn: all.length === 0 && fenced.length === 0 };
}
