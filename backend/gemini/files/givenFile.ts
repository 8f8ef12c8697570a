import type { Part } from '@google/genai';
import { checkObject, OptionError, show } from '../../resilience/optionError.ts';

/**
 * Where a file is: a path or an address as text, a URL (`https:`, `gs:`, `file:`), bytes, or a Blob. Bytes are read when they are
 * sent, and must not change before.
 */
export type FileSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** A file as a part of a prompt: `{ file: './a.pdf' }`. Its bytes are sent along or uploaded, whichever is better for its size. */
export interface FilePart {
  readonly file: FileSource;
  /** Its IANA type, for instance `image/png`. @default by the extension of its name, the Blob's own, or what its server says */
  readonly mimeType?: string | undefined;
  /** What it is called in the lists of the Files API, at most 512 characters. @default none */
  readonly displayName?: string | undefined;
}

const partKeys: ReadonlySet<string> = new Set(['file', 'mimeType', 'displayName']);

const mimeShape = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/;
const longestDisplayName = 512;

const isBytes = (value: unknown): value is ArrayBuffer | Uint8Array =>
  value instanceof Uint8Array || value instanceof ArrayBuffer;

const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'gs:', 'file:']);
/** What begins as an address does. Other colons may stand in the name of a file. */
const schemeIn = /^(?:[a-z][a-z\d+.-]*:(?=\/\/)|(?:https?|gs|file|ftp|data|blob):)/i;

const allowed =
  'a path, an address that begins with https://, http://, gs:// or file://, a URL, or, for what is here already, bytes or a Blob';

/** An address, which may hold secrets: none of it but its scheme is shown. */
function checkAddress(field: string, url: URL): URL {
  if (!schemes.has(url.protocol)) throw new OptionError(field, `an address of ${url.protocol}`, allowed);
  if (url.username !== '' || url.password !== '')
    throw new OptionError(
      field,
      'an address with a user name or a password',
      'an address without: load the file, and give its bytes',
    );
  return url;
}

function addressIn(field: string, text: string, scheme: string): URL {
  const isWhole = schemes.has(scheme) && text.startsWith('//', scheme.length);
  if (!isWhole) throw new OptionError(field, `a text that begins with ${scheme}`, allowed);
  if (!URL.canParse(text)) throw new OptionError(field, `an address of ${scheme} that is none`, 'one that can be read');
  return checkAddress(field, new URL(text));
}

/** A source in its one form: a path as text, an address as a URL. @throws OptionError */
function checkSource(field: string, value: unknown): FileSource {
  if (value instanceof Blob || isBytes(value)) return value;
  if (typeof value === 'string') {
    if (value === '') throw new OptionError(field, 'empty', 'a path');
    const scheme = schemeIn.exec(value)?.[0].toLowerCase();
    return scheme === undefined ? value : addressIn(field, value, scheme);
  }
  if (!(value instanceof URL)) throw new OptionError(field, show(value), 'a path, a URL, bytes or a Blob');
  return checkAddress(field, value);
}

/** What is said of a file beside where it is. @throws OptionError */
export function checkDescription(prefix: string, { mimeType, displayName }: Omit<FilePart, 'file'>): void {
  if (mimeType !== undefined && (typeof mimeType !== 'string' || !mimeShape.test(mimeType)))
    throw new OptionError(`${prefix}mimeType`, show(mimeType), 'a type such as image/png');
  const isName = typeof displayName === 'string' && displayName.length <= longestDisplayName;
  if (displayName !== undefined && !isName)
    throw new OptionError(
      `${prefix}displayName`,
      show(displayName),
      `a text of at most ${longestDisplayName} characters`,
    );
}

/** A file of the caller's on its way into a request. */
export class GivenFile {
  /** Where it was given, for messages: `prompt[1].file`. */
  readonly field: string;
  readonly source: FileSource;
  readonly mimeType: string | undefined;
  readonly displayName: string | undefined;
  /** What is sent in its place, once that is known: a call that asks several times sends the same. */
  part: Part | undefined;

  /** @throws OptionError */
  constructor(field: string, source: unknown, description: Omit<FilePart, 'file'>) {
    this.field = field;
    this.source = checkSource(field, source);
    checkDescription(field.replace(/file$/, ''), description);
    this.mimeType = description.mimeType;
    this.displayName = description.displayName;
  }

  /** Neither path nor bytes belong into an error or a log. */
  toJSON(): object {
    return {};
  }
}

const holdsFile = (part: unknown): part is FilePart => typeof part === 'object' && part !== null && 'file' in part;

/** A part that is a file of the caller's, checked; undefined where it is none. @throws OptionError */
export function givenFile(field: string, part: unknown): GivenFile | undefined {
  if (part instanceof GivenFile) return part;
  if (!holdsFile(part)) return undefined;
  const { file, mimeType, displayName } = checkObject<FilePart>(field, part, partKeys);
  return new GivenFile(`${field}.file`, file, { mimeType, displayName });
}
