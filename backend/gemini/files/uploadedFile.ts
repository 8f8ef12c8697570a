import type { File, FileData, Part } from '@google/genai';
import type { Attempt } from '../../resilience/attempt.ts';

/** A file of the Files API that is ready to be asked about, usable as a part of any prompt until it expires. */
export class UploadedFile {
  /** What the API reads of it, in this client and the official one. */
  readonly fileData: FileData;
  /** Its name, for instance `files/abc`: what `sdk.files.get` and `sdk.files.delete` want. */
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** When the API forgets it: 48 hours after its upload. Undefined where the API says nothing. */
  readonly expiresAt: Date | undefined;
  /** The API's own description. */
  readonly file: File;
  /** Every attempt of the upload, oldest first. */
  readonly attempts: readonly Attempt[];

  constructor(file: File, attempts: readonly Attempt[]) {
    const { uri = '', name = '', mimeType = '', sizeBytes = '0', expirationTime } = file;
    this.fileData = { fileUri: uri, mimeType };
    this.name = name;
    this.mimeType = mimeType;
    this.sizeBytes = Number(sizeBytes);
    this.expiresAt = expirationTime === undefined ? undefined : new Date(expirationTime);
    this.file = file;
    this.attempts = attempts;
  }

  /** The part alone, without what is told of the file. */
  get part(): Part {
    return { fileData: { ...this.fileData } };
  }
}
