import type { File, GoogleGenAI } from '@google/genai';
import { emit } from '../../resilience/emit.ts';
import type { CallStarter } from '../doors/callStarter.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import type { Transport } from '../seam/httpExchange.ts';
import { notAnAnswer } from '../seam/wholeAnswer.ts';
import type { FileBytes } from './fileBytes.ts';
import { fileError } from './fileFailures.ts';
import { officialAddress, type UploadAddress } from './officialAddress.ts';
import { uploadState, uploadTransport } from './uploadTransport.ts';

/** How far an upload has come, in bytes. */
export interface UploadProgress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/** An upload of one file within a call. */
export interface Upload {
  readonly call: GeminiCall;
  readonly calls: CallStarter;
  readonly client: GoogleGenAI;
  /** What really sends. */
  readonly transport: Transport;
  readonly bytes: FileBytes;
  readonly displayName: string | undefined;
  readonly onProgress: ((progress: UploadProgress) => unknown) | undefined;
}

/** Bytes in one request, where the server takes them in such pieces: as the official client has it. */
const usualChunkBytes = 8 * 1024 * 1024;

const urlHeader = 'x-goog-upload-url';

/** A name of our own: a file whose creation was answered by nobody can still be asked for by it. */
function freshName({ runtime }: GeminiCall): string {
  const digits = 36;
  return `files/${Array.from({ length: 24 }, () => Math.floor(runtime.random() * digits).toString(digits)).join('')}`;
}

function tellProgress({ call, bytes, onProgress }: Upload, sentBytes: number): void {
  const progress = { sentBytes, totalBytes: bytes.sizeBytes };
  if (call.listener) emit(call, { type: 'upload-progress', ...progress });
  try {
    const told: unknown = onProgress?.(progress);
    if (told instanceof Promise) told.catch(() => undefined);
  } catch {
    // Whoever watches must not cost the upload.
  }
}

function startHeaders({ bytes }: Upload, own: Headers): Headers {
  const headers = new Headers(own);
  headers.set('content-type', 'application/json');
  headers.set('x-goog-upload-protocol', 'resumable');
  headers.set('x-goog-upload-command', 'start');
  headers.set('x-goog-upload-header-content-length', String(bytes.sizeBytes));
  headers.set('x-goog-upload-header-content-type', bytes.mimeType);
  return headers;
}

/** Where the bytes go. A host of the user's own answers for the one that its server names, as with the official client. */
function bytesAddress(stated: string, { url: start, headers: own }: UploadAddress): UploadAddress {
  const url = new URL(stated);
  if (start.hostname !== 'generativelanguage.googleapis.com') {
    url.protocol = start.protocol;
    url.host = start.host;
    url.port = start.port;
  }
  const headers = new Headers(own);
  // The key goes to nobody but the host that it was given for.
  if (url.origin !== start.origin) headers.delete('x-goog-api-key');
  headers.delete('content-type');
  return { url, headers };
}

/** A session that was begun and never used creates nothing: its start may be repeated. */
async function start(upload: Upload, name: string): Promise<{ address: UploadAddress; chunkBytes: number }> {
  const { call, calls, client, bytes, displayName } = upload;
  const address = await officialAddress(client);
  const transport: Transport = async (input, init) => {
    const answer = await upload.transport(input, init);
    if (answer.ok && !answer.headers.has(urlHeader)) throw notAnAnswer('upload');
    return answer;
  };
  const file = {
    name,
    ...(displayName !== undefined && { displayName }),
    mimeType: bytes.mimeType,
    sizeBytes: String(bytes.sizeBytes),
  };
  const { headers } = await calls.repeating(call, transport)(address.url.href, {
    method: 'POST',
    headers: startHeaders(upload, address.headers),
    body: JSON.stringify({ file }),
  });
  const unit = Number(headers.get('x-goog-upload-chunk-granularity')) || 1;
  const chunkBytes = Math.max(unit, Math.floor(usualChunkBytes / unit) * unit);
  return { address: bytesAddress(headers.get(urlHeader) ?? '', address), chunkBytes };
}

/** The file in an answer that may be any; undefined where it has no address. */
function fileIn(body: unknown): File | undefined {
  const file: unknown = typeof body === 'object' && body !== null && 'file' in body ? body.file : undefined;
  const isFile = typeof file === 'object' && file !== null && 'uri' in file && typeof file.uri === 'string';
  return isFile ? (file as File) : undefined;
}

function ended({ call }: Upload, status: string): Error {
  return fileError(call, {
    reason: 'failed-precondition',
    rule: 'upload-ended',
    evidence: `x-goog-upload-status ${status}`,
    message: 'The server has ended the upload.',
    advice: 'Upload the file again.',
  });
}

/** The file's bytes, in order. What the last answer says of the file, where it came. */
async function sendBytes(
  upload: Upload,
  { address, chunkBytes }: Awaited<ReturnType<typeof start>>,
): Promise<File | undefined> {
  const { call, calls, bytes, transport } = upload;
  const { sizeBytes } = bytes;
  tellProgress(upload, 0);
  for (let from = 0; ; from += chunkBytes) {
    const to = Math.min(from + chunkBytes, sizeBytes);
    const seam = calls.repeating(call, uploadTransport(transport, { bytes, from, to }));
    const headers = new Headers(address.headers);
    headers.set('x-goog-upload-command', 'upload');
    const answer = await seam(address.url.href, { method: 'POST', headers });
    const { status } = uploadState(answer.headers);
    if (status !== (to === sizeBytes ? 'final' : 'active')) throw ended(upload, status);
    tellProgress(upload, to);
    if (to === sizeBytes) return fileIn(await answer.json().catch(() => undefined));
  }
}

/**
 * Sends a file to the Files API, each request under the strategies of the call. The file is not necessarily ready yet.
 * @throws SeamError, GeminiError
 */
export async function uploadBytes(upload: Upload): Promise<File> {
  const name = freshName(upload.call);
  const sent = await sendBytes(upload, await start(upload, name));
  return sent ?? { name };
}
