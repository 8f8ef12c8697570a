import type { GoogleGenAI, Part } from '@google/genai';
import { timeoutError } from '../../resilience/attemptOnce.ts';
import { withinLimits } from '../../resilience/limits.ts';
import { remainingMs } from '../../resilience/policy.ts';
import type { Runtime } from '../../resilience/wholeRuntime.ts';
import type { LlmParameters } from '../callSettings.ts';
import type { CallStarter } from '../doors/callStarter.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import type { Transport } from '../seam/httpExchange.ts';
import { classifyCaught } from '../seam/seamError.ts';
import { refusingLater } from '../settings/optionFailure.ts';
import { fileDataOf, isReadByApi } from './addresses.ts';
import { base64 } from './base64.ts';
import { fetchFile } from './fetchFile.ts';
import type { FileBytes } from './fileBytes.ts';
import { fileError } from './fileFailures.ts';
import type { GivenFile } from './givenFile.ts';
import { settledContents } from './givenParts.ts';
import { InlineBudget } from './inlineBudget.ts';
import { checkSize, openFile } from './openFile.ts';
import { untilActive } from './untilActive.ts';
import { UploadedFile } from './uploadedFile.ts';
import { type UploadProgress, uploadBytes } from './uploading.ts';
import { UploadMemory } from './uploadMemory.ts';

/** What files are sent with. */
export interface FileSenderParts {
  readonly calls: CallStarter;
  readonly client: GoogleGenAI;
  readonly settings: { readonly secrets: readonly string[]; readonly runtime: Runtime; readonly transport: Transport };
}

/** What is told of an upload while it runs. */
export type OnProgress = ((progress: UploadProgress) => unknown) | undefined;

/** Failures that say that a file which was there is there no longer. */
const gone: ReadonlySet<string> = new Set(['file-not-found', 'file-not-active', 'permission', 'not-found']);

/** Puts files into requests: as bytes, as the address of an upload, or as the address that they have. */
export class FileSender {
  readonly #parts: FileSenderParts;
  readonly #memory: UploadMemory;

  constructor(parts: FileSenderParts) {
    this.#parts = parts;
    this.#memory = new UploadMemory(parts.settings.runtime);
  }

  /**
   * Sends a request of a call once its files are where the model can read them.
   * @throws GeminiError for a file that cannot be sent, before any other is; what `send` throws
   */
  sent<T>(call: GeminiCall, given: LlmParameters, send: (ready: LlmParameters) => Promise<T>): Promise<T> {
    const { files, ...parameters } = given;
    return files === undefined ? send(given) : this.#withFiles(call, { ...parameters, files }, send);
  }

  /** A file in the Files API, ready. @throws GeminiError, SeamError */
  upload(call: GeminiCall, file: GivenFile, onProgress: OnProgress): Promise<UploadedFile> {
    return refusingLater(async () => this.#uploaded(call, file, { bytes: await this.#open(call, file), onProgress }));
  }

  async #withFiles<T>(call: GeminiCall, given: Required<LlmParameters>, send: (ready: LlmParameters) => Promise<T>) {
    const { files, ...parameters } = given;
    const unsent = files.filter(({ part }) => part === undefined);
    if (unsent.length > 0) await refusingLater(() => this.#prepare(call, given, unsent));
    try {
      return await send({ ...parameters, contents: settledContents(parameters.contents) });
    } catch (error) {
      if (gone.has(classifyCaught(error).reason)) this.#forget(files);
      throw error;
    }
  }

  #forget(files: readonly GivenFile[]): void {
    for (const { part } of files) if (part?.fileData?.fileUri !== undefined) this.#memory.forget(part.fileData.fileUri);
  }

  /** All files are looked at before the first is sent. */
  async #prepare(call: GeminiCall, { contents }: LlmParameters, files: readonly GivenFile[]): Promise<void> {
    const opened: { readonly file: GivenFile; readonly bytes: FileBytes | undefined }[] = [];
    for (const file of files) opened.push({ file, bytes: await openFile(file) });
    const budget = new InlineBudget(contents);
    for (const { file, bytes } of opened) file.part = await this.#part(call, file, { bytes, budget });
  }

  async #part(
    call: GeminiCall,
    file: GivenFile,
    { bytes, budget }: { readonly bytes: FileBytes | undefined; readonly budget: InlineBudget },
  ): Promise<Part> {
    const { source, mimeType } = file;
    if (bytes === undefined && source instanceof URL && isReadByApi(source))
      return { fileData: await fileDataOf(source, mimeType) };
    const found = bytes ?? (await this.#open(call, file));
    if (!budget.take(found.sizeBytes))
      return (await this.#uploaded(call, file, { bytes: found, onProgress: undefined })).part;
    const data = base64(await found.read(0, found.sizeBytes));
    return { inlineData: { mimeType: found.mimeType, data } };
  }

  async #open(call: GeminiCall, file: GivenFile): Promise<FileBytes> {
    const here = await openFile(file);
    if (here !== undefined) return here;
    const { transport, secrets } = this.#parts.settings;
    const fetched = await fetchFile(file, file.source as URL, { call, transport, secrets });
    checkSize(file.field, fetched);
    return fetched;
  }

  async #uploaded(
    call: GeminiCall,
    { displayName }: GivenFile,
    { bytes, onProgress }: { readonly bytes: FileBytes; readonly onProgress: OnProgress },
  ): Promise<UploadedFile> {
    const { calls, client, settings } = this.#parts;
    const { runtime, transport } = settings;
    if (client.vertexai) throw notOnVertex(call);
    const upload = async (): Promise<UploadedFile> => {
      const task = { call, calls, client, transport, bytes, displayName, onProgress };
      return new UploadedFile(await untilActive(task, await uploadBytes(task)), call.attempts);
    };
    const { signal } = call;
    const wait = async (other: Promise<unknown>): Promise<void> => {
      const end = await withinLimits({ runtime, signal, timeoutMs: remainingMs(call) }, () => other);
      if (end.by === 'abort') throw signal?.reason;
      if (end.by === 'timeout') throw timeoutError('the call’s deadlineMs', call.limits.deadlineMs);
    };
    const identity = bytes.identity === undefined ? undefined : `${bytes.identity} ${bytes.mimeType}`;
    return this.#memory.once(identity, upload, wait);
  }
}

function notOnVertex(call: GeminiCall): Error {
  return fileError(call, {
    reason: 'client-config',
    rule: 'no-files-on-vertex',
    evidence: 'vertexai',
    message: 'The file would have to be uploaded, and this API has no place for that.',
    advice: 'Put it into a bucket and give its gs:// address.',
    delivery: 'unsent',
  });
}
