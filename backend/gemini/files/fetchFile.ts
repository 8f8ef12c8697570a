import type { AttemptContext } from '../../resilience/attemptContext.ts';
import { startExchange } from '../../resilience/policy.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import type { Transport } from '../seam/httpExchange.ts';
import { HttpFailure } from '../seam/httpFailure.ts';
import { SeamError } from '../seam/seamError.ts';
import { checkNoPage, failureOfFetch } from './fetchFailures.ts';
import { bytesInMemory, type FileBytes } from './fileBytes.ts';
import { fileError } from './fileFailures.ts';
import type { GivenFile } from './givenFile.ts';
import { mimeTypeOf } from './mimeTypes.ts';

/** More than this is not held in memory: it belongs on a disk. */
export const mostFetchedBytes = 100 * 1024 * 1024;

/** How an address is fetched. */
export interface Fetching {
  readonly call: GeminiCall;
  readonly transport: Transport;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
}

interface Fetched {
  readonly bytes: Uint8Array;
  readonly type: string | undefined;
}

function tooLarge(call: GeminiCall, bytes: number): Error {
  return fileError(call, {
    reason: 'payload-too-large',
    rule: 'file-too-large',
    evidence: `${bytes} bytes`,
    message: `What is at the address has more than ${mostFetchedBytes} bytes.`,
    advice: 'Load it to a disk and give its path.',
  });
}

async function readAll(call: GeminiCall, response: Response): Promise<Uint8Array> {
  const stated = Number(response.headers.get('content-length') ?? 0);
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    if (stated > mostFetchedBytes) throw tooLarge(call, stated);
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      size += next.value.byteLength;
      if (size > mostFetchedBytes) throw tooLarge(call, size);
      pieces.push(next.value);
    }
  } finally {
    // Frees the socket of what was not read.
    reader?.cancel().catch(() => undefined);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}

/** The type without its parameters; what says nothing of the content is none. */
function typeIn(headers: Headers): string | undefined {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  return type === '' || type === 'application/octet-stream' || type === 'binary/octet-stream' ? undefined : type;
}

/**
 * Fetches what is at an address, as an exchange of the call: with its strategies, its deadline and its signal, and with nothing of
 * ours in the request.
 * @throws SeamError, GeminiError, OptionError
 */
export async function fetchFile(file: GivenFile, url: URL, { call, transport, secrets }: Fetching): Promise<FileBytes> {
  const get = async ({ signal }: AttemptContext): Promise<Fetched> => {
    const response = await transport(url.href, { signal, headers: { accept: '*/*' }, credentials: 'omit' });
    if (!response.ok) {
      response.body?.cancel().catch(() => undefined);
      throw new HttpFailure(response, '');
    }
    return { bytes: await readAll(call, response), type: typeIn(response.headers) };
  };
  const from = { field: file.field, url, secrets };
  const classify = (error: unknown) => failureOfFetch(error, from);
  const { attemptTimeoutMs } = call.limits;
  const target = { service: url.host, scope: '' };
  const exchange = startExchange(call, true, get, { classify, attemptTimeoutMs }, target);
  const outcome = await call.send(exchange);
  if (!outcome.ok) throw new SeamError(outcome, exchange);
  const { bytes, type } = outcome.value;
  if (file.mimeType === undefined) await checkNoPage(call, from, type);
  const fileName = url.pathname.split('/').at(-1);
  const known = { stated: file.mimeType, ...(type !== undefined && { own: type }), name: fileName };
  return bytesInMemory(bytes, await mimeTypeOf(file.field, known));
}
