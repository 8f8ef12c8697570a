/** An option, or an environment variable, that cannot mean anything. Thrown before anything is sent. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  /** The option as the caller wrote it, for instance `retry.maxRetries`. */
  readonly field: string;
  readonly allowed: string;

  /**
   * @param shown the value as it may be shown: never a secret's own text
   * @param allowed what the value must be, as it follows "must be"
   */
  constructor(field: string, shown: string, allowed: string) {
    super(`${field} is ${shown}, but must be ${allowed}.`);
    this.field = field;
    this.allowed = allowed;
  }
}

/** What the name of an option may look like, misspelt or not. */
const nameLike = /^[a-z_]\w{0,21}$/i;

/** A longer text in the wrong place may be a key. */
const longestShown = 16;

const shownText = (text: string): string =>
  text.length > longestShown ? `a text of ${text.length} characters` : JSON.stringify(text);

/** A value in a few words, for a message. Never calls anything of the value's own, and shows nothing that may be a secret. */
export function show(value: unknown): string {
  if (typeof value === 'string') return shownText(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined)
    return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Which numbers an option may be. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** Whether Infinity is allowed, for "no limit". */
  readonly infinity?: boolean;
  readonly unit?: string;
}

function rangeInWords({ min, max, integer, infinity, unit }: NumberRange): string {
  const kind = integer ? 'an integer' : 'a number';
  return `${kind} from ${min} to ${max}${unit ? ` ${unit}` : ''}${infinity ? ', or Infinity' : ''}`;
}

/** The value if it is a number in the range. @throws OptionError */
export function checkNumber(field: string, value: unknown, range: NumberRange): number {
  const { min, max, integer, infinity } = range;
  if (infinity && value === Number.POSITIVE_INFINITY) return value;
  const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value));
  if (!fits) throw new OptionError(field, show(value), rangeInWords(range));
  return value;
}

/** The value if it is one of those listed. @throws OptionError */
export function checkOneOf<T>(field: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T))
    throw new OptionError(field, show(value), `one of ${allowed.map(show).join(', ')}`);
  return value as T;
}

/** Checks that the value is an object. @throws OptionError */
export function checkIsObject(field: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError(field, typeof value === 'string' ? 'a text' : show(value), 'an object');
  }
}

/** The value if it is a plain object with no key but those known. @throws OptionError */
export function checkObject<T extends object>(field: string, value: unknown, known: ReadonlySet<string>): T {
  checkIsObject(field, value);
  for (const key of Object.keys(value)) {
    if (!known.has(key)) {
      const name = nameLike.test(key) ? `${field}.${key}` : `a name of ${key.length} characters in ${field}`;
      throw new OptionError(name, 'no option', `one of those known: ${[...known].join(', ')}`);
    }
  }
  return value as T;
}

/** The value if it is a function. @throws OptionError */
export function checkFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw new OptionError(field, show(value), 'a function');
}

/** The value if it is a text. @throws OptionError */
export function checkText(field: string, value: unknown): void {
  if (typeof value !== 'string') throw new OptionError(field, show(value), 'a text');
}

/** The value if it is an AbortSignal, of whatever realm. @throws OptionError */
export function checkSignal(field: string, value: unknown): void {
  const ok = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
  if (!ok) throw new OptionError(field, show(value), 'an AbortSignal');
}
