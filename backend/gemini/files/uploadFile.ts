import type { ModelClientParts } from '../asking.ts';
import { answer } from '../doors/methodDoor.ts';
import { refusing } from '../settings/optionFailure.ts';
import type { FileSource } from './givenFile.ts';
import type { UploadedFile } from './uploadedFile.ts';
import { type UploadOptions, uploadSource } from './uploadOptions.ts';

/**
 * Puts a file into the Files API, as one call.
 * @throws GeminiError, or the signal's own reason where the caller aborted
 */
export async function upload(
  { calls, files }: ModelClientParts,
  source: FileSource,
  options: UploadOptions,
): Promise<UploadedFile> {
  const file = refusing(() => uploadSource(source, options));
  const { onProgress, mimeType: _type, displayName: _name, ...callOptions } = options;
  const call = calls.start('core', 'uploadFile', callOptions);
  return answer(call, { work: () => files.upload(call, file, onProgress), shape: uploaded => uploaded });
}
