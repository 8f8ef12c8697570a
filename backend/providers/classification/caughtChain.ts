/** How far causes are followed, and how much of a text is read. */
const deepest = 8;
const longestText = 262_144;

/** An object's property, whatever the object is. */
export function readAt(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    // A getter or a proxy that throws says nothing.
    return undefined;
  }
}

/** The property where it is text; cut, because a body may be in it. For errors. */
export function textAt(value: unknown, name: string): string {
  return wholeTextAt(value, name).slice(0, longestText);
}

/** The property where it is text, whole: of an answer, which nobody may cut. */
export function wholeTextAt(value: unknown, name: string): string {
  const text = readAt(value, name);
  return typeof text === 'string' ? text : '';
}

/** The caught value and its causes, outermost first. Of several at once the first is followed. */
export function caughtChain(caught: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let at = caught; at !== undefined && at !== null && chain.length < deepest && !chain.includes(at); ) {
    chain.push(at);
    const errors = readAt(at, 'errors');
    at = readAt(at, 'cause') ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return chain;
}
