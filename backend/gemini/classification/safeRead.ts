/** Reading values that may fight back: proxies, throwing getters, revoked objects. Nothing here throws. */

/** The most that is read of any one string, in UTF-16 units. */
export const longestStringRead = 256 * 1024;

/** Whether there is anything to read properties from. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The property, or undefined where reading it throws. */
export function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

/** The property where it is a string that says something, cut to what may be read. */
export function readString(value: object, key: string): string | undefined {
  const found = read(value, key);
  return typeof found === 'string' && found !== '' ? cut(found) : undefined;
}

/** The part of a text that may be read. */
export function cut(text: string): string {
  return text.length > longestStringRead ? text.slice(0, longestStringRead) : text;
}

/** The items of an array, at most `most` of them; empty where it is no array or cannot be read. */
export function readItems(value: unknown, most: number): unknown[] {
  try {
    return Array.isArray(value) ? value.slice(0, most) : [];
  } catch {
    return [];
  }
}

/** Array.isArray that does not throw. */
export function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    // Array.isArray throws on a revoked proxy.
    return false;
  }
}

/** Whether this was thrown as an exception rather than sent as data. */
export function isException(value: object): boolean {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object DOMException]';
  } catch {
    return false;
  }
}

/** What a thrown value says of itself: an exception's message, or the value as a text. */
export function wordsOf(thrown: unknown): string {
  try {
    const said = isObject(thrown) && isException(thrown) ? read(thrown, 'message') : thrown;
    return cut(String(said));
  } catch {
    // An object without a prototype is no text, nor is a proxy that fights back.
    return 'a value that cannot be shown';
  }
}

/** One header of a `Headers`, a `Map` or a plain record, whatever the case of its name. `name` is in lower case. */
export function readHeader(headers: object, name: string): string | undefined {
  const direct = read(headers, name) ?? read(headers, titleCase(name));
  const found = direct ?? callGet(headers, name) ?? scan(headers, name);
  const first = isObject(found) ? readItems(found, 1)[0] : found;
  if (typeof first === 'number') return String(first);
  return typeof first === 'string' ? first.slice(0, 1_000) : undefined;
}

/** How many headers are looked through. */
const mostHeaders = 100;

/** The header in whatever case, of a record. */
function scan(headers: object, name: string): unknown {
  try {
    const key = Object.keys(headers)
      .slice(0, mostHeaders)
      .find(one => one.length === name.length && one.toLowerCase() === name);
    return key === undefined ? undefined : read(headers, key);
  } catch {
    return undefined;
  }
}

function callGet(headers: object, name: string): unknown {
  const get = read(headers, 'get');
  if (typeof get !== 'function') return undefined;
  try {
    return Reflect.apply(get, headers, [name]);
  } catch {
    return undefined;
  }
}

function titleCase(name: string): string {
  return name
    .split('-')
    .map(part => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('-');
}
