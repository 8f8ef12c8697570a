import { checkFunction, OptionError } from '../../resilience/optionError.ts';
import { type CallOptions, callKeys, checkCallOptions } from '../callSettings.ts';
import { type FilePart, type FileSource, GivenFile } from './givenFile.ts';
import type { UploadProgress } from './uploading.ts';

/** Settings of one upload. `deadlineMs` bounds all of it, until the file can be asked about. */
export interface UploadOptions extends CallOptions, Omit<FilePart, 'file'> {
  /** Told at the start and after each piece that has arrived. What it throws is ignored. */
  readonly onProgress?: ((progress: UploadProgress) => unknown) | undefined;
}

const uploadKeys: ReadonlySet<string> = new Set([...callKeys, 'mimeType', 'displayName', 'onProgress']);

/** What is to be uploaded, checked as far as it can be without looking at it. @throws OptionError */
export function uploadSource(source: FileSource, options: UploadOptions): GivenFile {
  checkCallOptions(options, uploadKeys);
  if (options.onProgress !== undefined) checkFunction('options.onProgress', options.onProgress);
  const { mimeType, displayName } = options;
  const file = new GivenFile('file', source, { mimeType, displayName });
  if (file.source instanceof URL && file.source.protocol === 'gs:')
    throw new OptionError('file', 'an address of a bucket', 'bytes to upload: what is in a bucket is used where it is');
  return file;
}
