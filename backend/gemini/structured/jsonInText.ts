/** A JSON value that a text holds. */
export interface Found {
  readonly value: unknown;
}

function parsed(text: string): Found | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Where the bracket that opens at `start` is closed, strings left out; undefined where it is not. */
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
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

const opening = /[{[]/g;

/** A text that opens more brackets than these without a value among them is no answer. */
const mostTried = 16;

/** The values in a text that stand in brackets, in order, up to two: the second says that there is more than one. */
function bracketed(text: string): Found[] {
  const found: Found[] = [];
  opening.lastIndex = 0;
  for (let tried = 0; tried < mostTried && found.length < 2; tried += 1) {
    const start = opening.exec(text)?.index;
    if (start === undefined) break;
    const end = endOf(text, start);
    const value = end === undefined ? undefined : parsed(text.slice(start, end));
    if (value === undefined || end === undefined) continue;
    found.push(value);
    opening.lastIndex = end;
  }
  return found;
}

const fence = /```[a-z]*[^\S\n]*\n([\s\S]*?)\n?[^\S\n]*```/gi;

/**
 * The one JSON value that a text holds: the text itself, what stands in its only fence, or the only value in brackets among
 * other words. Undefined where there is none, or more than one.
 */
export function jsonIn(text: string): Found | undefined {
  const whole = parsed(text);
  if (whole !== undefined) return whole;
  const fenced = [...text.matchAll(fence)].flatMap(([, inside = '']) => parsed(inside) ?? []);
  const candidates = fenced.length > 0 ? fenced : bracketed(text);
  return candidates.length === 1 ? candidates[0] : undefined;
}
