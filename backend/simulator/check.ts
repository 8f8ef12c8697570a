/** Checks of options: each names the field, the value and what is allowed. */

/** An option outside its range. The message is one sentence for a person. */
export class SimulatorOptionError extends RangeError {
  override readonly name = 'SimulatorOptionError';
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Throws the one error of this module: field, value, allowed range. */
export function refuse(field: string, value: unknown, allowed: string): never {
  throw new SimulatorOptionError(`${field} is ${show(value)}; allowed: ${allowed}.`);
}

/** Passes a whole number of the range, or `undefined`. */
export function checkInteger(field: string, value: number | undefined, [least, most]: readonly [number, number]): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < least || value > most) {
    refuse(field, value, `a whole number from ${least} to ${most}`);
  }
}

/** Passes a number of the range (its end may be Infinity), or `undefined`. */
export function checkNumber(field: string, value: number | undefined, [least, most]: readonly [number, number]): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || Number.isNaN(value) || value < least || value > most) {
    refuse(field, value, `a number from ${least} to ${most}`);
  }
}

/** Passes a number of the range, and nothing else: for a field without a default. */
export function checkGivenNumber(field: string, value: number | undefined, range: readonly [number, number]): void {
  if (value === undefined) refuse(field, value, `a number from ${range[0]} to ${range[1]}`);
  checkNumber(field, value, range);
}

/** Passes true, false or `undefined`. */
export function checkBoolean(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') refuse(field, value, 'true or false');
}

/** Passes an object, and nothing else. */
export function checkObject(field: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) refuse(field, value, 'an object');
}

const mostNamesShown = 12;

function pairsOf(text: string): Set<string> {
  const bounded = `^${text}$`;
  return new Set(Array.from({ length: bounded.length - 1 }, (_, index) => bounded.slice(index, index + 2)));
}

/** The names that look most like the given one: those that share the most pairs of neighbouring characters. */
function nearest(given: string, names: readonly string[]): readonly string[] {
  const wanted = pairsOf(given);
  const alike = (name: string): number => {
    const pairs = pairsOf(name);
    const shared = [...pairs].filter(pair => wanted.has(pair)).length;
    return (2 * shared) / (pairs.size + wanted.size);
  };
  return names.toSorted((one, other) => alike(other) - alike(one)).slice(0, 5);
}

/** Passes a member of the list, or `undefined`. Of a long list the message shows the nearest names. */
export function checkOneOf(field: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return;
  if (allowed.length <= mostNamesShown) refuse(field, value, `one of ${allowed.join(', ')}`);
  const near = nearest(String(value), allowed).join(', ');
  refuse(field, value, `one of ${allowed.length} names, the nearest being ${near}`);
}

/** Passes an object that has no field but the known ones: a misspelt option must not be a silent one. */
export function checkFields(field: string, value: object, known: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (!known.includes(name))
      refuse(
        field === '' ? name : `${field}.${name}`,
        Reflect.get(value, name),
        `no field of this name; known are ${known.join(', ')}`,
      );
  }
}
