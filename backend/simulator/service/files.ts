/** Files: the resumable upload in its steps, and what can be done with a file afterwards. */

import { type Answer, type Chunk, errorAnswer, jsonAnswer } from '../answer.ts';
import { objectOf, textOf } from '../json.ts';
import { fingerprint } from '../random.ts';
import type { SimulatedRequest } from '../request.ts';
import { freshId, type ServiceState, timestamp, type Upload } from './state.ts';
import { notFound } from './stored.ts';

function headerOf(request: SimulatedRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** The start of an upload: gives out the address that the bytes go to. */
export function startUpload(state: ServiceState, request: SimulatedRequest): Answer {
  const id = freshId(state);
  const file = objectOf(request.body['file']);
  const name = textOf(file['name']) || `files/${id}`;
  if (state.stored.has(name)) return errorAnswer(409, 'ALREADY_EXISTS', 'Requested entity already exists');
  state.uploads.set(id, {
    file: { ...file, name },
    mimeType: headerOf(request, 'x-goog-upload-header-content-type') || textOf(file['mimeType']),
    chunks: [],
    receivedBytes: 0,
    status: 'active',
  });
  const { host = '127.0.0.1' } = request.headers;
  // On a port of its own it speaks without TLS; as a function it stands for whatever host is called.
  const scheme = host.startsWith('127.0.0.1') || host.startsWith('localhost') ? 'http' : 'https';
  const address = `${scheme}://${host}${request.path}?upload_id=${id}&upload_protocol=resumable`;
  return jsonAnswer(
    {},
    { 'x-goog-upload-url': address, 'x-goog-upload-status': 'active', 'x-goog-upload-chunk-granularity': '8388608' },
  );
}

function statusHeaders({ status, receivedBytes }: Upload): Record<string, string> {
  return { 'x-goog-upload-status': status, 'x-goog-upload-size-received': String(receivedBytes) };
}

function finalize(state: ServiceState, upload: Upload): Chunk {
  const bytes = Buffer.concat(upload.chunks);
  const name = textOf(upload.file['name']);
  const file = {
    ...upload.file,
    mimeType: upload.mimeType,
    sizeBytes: String(bytes.length),
    createTime: timestamp(state),
    updateTime: timestamp(state),
    expirationTime: new Date(state.runtime.wallClock() + 48 * 3_600_000).toISOString(),
    sha256Hash: fingerprint(bytes),
    uri: `https://generativelanguage.googleapis.com/v1beta/${name}`,
    state: 'PROCESSING',
    source: 'UPLOADED',
  };
  upload.status = 'final';
  upload.chunks.length = 0;
  state.stored.set(name, file);
  state.fileBytes.set(name, bytes);
  state.processing.set(name, state.options.fileProcessing.polls ?? 0);
  return processed(state, name);
}

/** The file as it is now; each look at one that is not ready brings it nearer to that. */
function processed({ stored, processing, options }: ServiceState, name: string): Chunk {
  const file = stored.get(name) ?? {};
  const left = processing.get(name);
  if (left === undefined) return file;
  processing.set(name, left - 1);
  if (left > 0) return file;
  const { failure } = options.fileProcessing;
  const end = failure === undefined ? { state: 'ACTIVE' } : { state: 'FAILED', error: { code: 3, message: failure } };
  processing.delete(name);
  stored.set(name, { ...file, ...end });
  return stored.get(name) ?? {};
}

/** Reads one file. */
export function getFile(state: ServiceState, request: SimulatedRequest): Answer {
  return state.stored.has(request.resource) ? jsonAnswer(processed(state, request.resource)) : notFound(request);
}

function takeBytes(upload: Upload, request: SimulatedRequest): Answer | undefined {
  const offset = Number(headerOf(request, 'x-goog-upload-offset') || 0);
  if (offset !== upload.receivedBytes) {
    const message = `Upload offset ${offset} does not match the ${upload.receivedBytes} bytes received.`;
    return { ...errorAnswer(400, 'INVALID_ARGUMENT', message), headers: statusHeaders(upload) };
  }
  upload.chunks.push(request.bytes);
  upload.receivedBytes += request.bytes.length;
  return undefined;
}

/** Bytes of an upload, its end, its state or its end without a file, as the command in the header says. */
export function continueUpload(state: ServiceState, request: SimulatedRequest): Answer {
  const upload = state.uploads.get(request.resource);
  if (upload === undefined) return errorAnswer(404, 'NOT_FOUND', 'Requested entity was not found.');
  const commands = headerOf(request, 'x-goog-upload-command').split(/\s*,\s*/);
  if (commands.includes('query')) return jsonAnswer({}, statusHeaders(upload));
  if (commands.includes('cancel')) upload.status = 'cancelled';
  else if (upload.status !== 'active') {
    return {
      ...errorAnswer(400, 'INVALID_ARGUMENT', 'Upload has already been terminated.'),
      headers: statusHeaders(upload),
    };
  }
  const refusal = commands.includes('upload') ? takeBytes(upload, request) : undefined;
  if (refusal !== undefined) return refusal;
  if (!commands.includes('finalize')) return jsonAnswer({}, statusHeaders(upload));
  return jsonAnswer({ file: finalize(state, upload) }, statusHeaders(upload));
}

/** The bytes of a file: `files/x:download?alt=media`. */
export function downloadFile(state: ServiceState, request: SimulatedRequest): Answer {
  const bytes = state.fileBytes.get(request.resource);
  if (bytes === undefined) return notFound(request);
  const contentType = textOf(state.stored.get(request.resource)?.['mimeType']) || 'application/octet-stream';
  return { ...jsonAnswer({}), content: { kind: 'bytes', bytes, contentType } };
}
