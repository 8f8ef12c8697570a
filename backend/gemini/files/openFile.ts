import { OptionError } from '../../resilience/optionError.ts';
import { openDiskFile } from './diskFile.ts';
import { blobBytes, bytesInMemory, type FileBytes } from './fileBytes.ts';
import type { GivenFile } from './givenFile.ts';
import { mimeTypeOf } from './mimeTypes.ts';

/** The Files API takes no more of one file. */
export const mostFileBytes = 2 * 1024 * 1024 * 1024;

async function opened({ field, source, mimeType: stated }: GivenFile): Promise<FileBytes | undefined> {
  if (typeof source === 'string' || (source instanceof URL && source.protocol === 'file:')) {
    const file = await openDiskFile(field, source);
    return { ...file, mimeType: await mimeTypeOf(field, { stated, name: file.fileName }) };
  }
  if (source instanceof URL) return undefined;
  if (!(source instanceof Blob)) return bytesInMemory(source, await mimeTypeOf(field, { stated }));
  const name = 'name' in source && typeof source.name === 'string' ? source.name : undefined;
  return blobBytes(source, await mimeTypeOf(field, { stated, own: source.type, name }));
}

/** Passes a file of a size that the API takes. @throws OptionError */
export function checkSize(field: string, { sizeBytes }: FileBytes): void {
  if (sizeBytes === 0) throw new OptionError(field, 'an empty file', 'a file with something in it');
  if (sizeBytes > mostFileBytes)
    throw new OptionError(field, `a file of ${sizeBytes} bytes`, `at most ${mostFileBytes} bytes`);
}

/** A file that is here, ready to be read; undefined for one that is elsewhere. @throws OptionError for one that cannot be sent */
export async function openFile(file: GivenFile): Promise<FileBytes | undefined> {
  const bytes = await opened(file);
  if (bytes !== undefined) checkSize(file.field, bytes);
  return bytes;
}
