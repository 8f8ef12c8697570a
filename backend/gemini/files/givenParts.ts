import type { ContentListUnion, Part } from '@google/genai';
import { type FilePart, GivenFile, givenFile } from './givenFile.ts';
import { UploadedFile } from './uploadedFile.ts';

/** A part of a prompt: a text, a part of the API, or a file. */
export type PromptPart = string | Part | FilePart;

/** A file that is a prompt by itself: the model is shown it without a word. */
export type FilePrompt = FilePart | UploadedFile;

/** Is a prompt one file, and no list, or request with contents? */
export function isFilePrompt(prompt: unknown): prompt is FilePrompt {
  return isObject(prompt) && !Array.isArray(prompt) && !('contents' in prompt) && isFile(prompt);
}

/** A turn of a conversation whose parts may be files. */
export interface PromptTurn {
  readonly role?: string;
  readonly parts: readonly PromptPart[];
}

/** What a prompt may be besides a text: parts, which are one turn of the user's, or turns. */
export type Prompt = string | PromptPart | PromptTurn | readonly PromptPart[] | readonly PromptTurn[];

// A file that is not read yet stands where its part will be.
const inPlace = (file: GivenFile): Part => file as unknown as Part;

/** The parts of a turn: a text becomes a part, a file is checked, the rest is what `other` makes of it. @throws OptionError */
export function givenParts(
  field: string,
  parts: readonly PromptPart[],
  other: (field: string, part: Part) => Part,
): Part[] {
  return parts.map((part, index) => {
    const place = `${field}[${index}]`;
    if (typeof part === 'string') return { text: part };
    if (part instanceof UploadedFile) return part.part;
    const file = givenFile(place, part);
    return file === undefined ? other(place, part as Part) : inPlace(file);
  });
}

/** Contents in which the caller's files stand, and those files. */
export interface GivenContents {
  readonly contents: ContentListUnion;
  readonly files: readonly GivenFile[];
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isFile = (one: unknown): boolean =>
  isObject(one) && (one instanceof UploadedFile || one instanceof GivenFile || 'file' in one);

/** Nearly all prompts hold none, and are handed on as they are. */
function holdsFiles(contents: unknown): boolean {
  const all: readonly unknown[] = Array.isArray(contents) ? contents : [contents];
  return all.some(one => {
    const parts: unknown = isObject(one) && 'parts' in one ? one.parts : undefined;
    return isFile(one) || (Array.isArray(parts) && parts.some(isFile));
  });
}

/** Replaces the files in contents, however they are written; all else stays as it is. @throws OptionError */
export function givenContents(field: string, contents: Prompt): GivenContents {
  // Without files it is what the official client takes.
  if (!holdsFiles(contents)) return { contents: contents as ContentListUnion, files: [] };
  const files: GivenFile[] = [];
  const read = (place: string, one: unknown): unknown => {
    if (!isObject(one)) return one;
    if (Array.isArray(one)) return one.map((item, index) => read(`${place}[${index}]`, item));
    if (one instanceof UploadedFile) return one.part;
    if ('parts' in one) return { ...one, parts: read(`${place}.parts`, one.parts) };
    const file = givenFile(place, one);
    if (file !== undefined) files.push(file);
    return file ?? one;
  };
  return { contents: read(field, contents) as ContentListUnion, files };
}

/** The contents with what is sent in the place of their files. */
export function settledContents(contents: ContentListUnion): ContentListUnion {
  const settle = (one: unknown): unknown => {
    if (one instanceof GivenFile) return one.part;
    if (Array.isArray(one)) return one.map(settle);
    return isObject(one) && 'parts' in one ? { ...one, parts: settle(one.parts) } : one;
  };
  return settle(contents) as ContentListUnion;
}
