import type { Transport } from '../seam/httpExchange.ts';
import { notAnAnswer } from '../seam/wholeAnswer.ts';
import type { FileBytes } from './fileBytes.ts';

/** One stretch of a file on its way to the server: from an offset to before another. */
export interface Stretch {
  readonly bytes: FileBytes;
  readonly from: number;
  readonly to: number;
}

const commandHeader = 'x-goog-upload-command';
const offsetHeader = 'x-goog-upload-offset';
const statusHeader = 'x-goog-upload-status';
const receivedHeader = 'x-goog-upload-size-received';

/** Where an upload stands, by the server's word. */
export interface UploadState {
  readonly status: string;
  /** Undefined where the answer does not say. */
  readonly receivedBytes: number | undefined;
}

/** @throws an error that is read as a broken answer, where it does not say how the upload stands */
export function uploadState(headers: Headers): UploadState {
  const status = headers.get(statusHeader);
  const received = headers.get(receivedHeader);
  if (status === null) throw notAnAnswer('upload');
  return { status, receivedBytes: received === null ? undefined : Number(received) };
}

/** The command of a stretch; the last one ends the upload, and may have nothing left to carry. */
function commandOf({ bytes, to }: Stretch, from: number): string {
  const commands = [...(from < to ? ['upload'] : []), ...(to === bytes.sizeBytes ? ['finalize'] : [])];
  return commands.join(', ');
}

/**
 * Sends one stretch of a file, and never the same bytes twice: after a sending whose end is not known it asks the server how far it
 * has come, and goes on from there. For the seam, which repeats what fails.
 */
export function uploadTransport(transport: Transport, stretch: Stretch): Transport {
  let isFirst = true;
  const send = (input: Parameters<Transport>[0], init: RequestInit | undefined, command: string, more = {}) => {
    const headers = new Headers(init?.headers);
    headers.set(commandHeader, command);
    return transport(input, { ...init, headers, ...more });
  };
  return async (input, init) => {
    let { from } = stretch;
    if (!isFirst) {
      const answer = await send(input, init, 'query');
      if (!answer.ok) return answer;
      const { status, receivedBytes } = uploadState(answer.headers);
      const isThere =
        receivedBytes !== undefined && receivedBytes >= stretch.to && stretch.to < stretch.bytes.sizeBytes;
      if (status !== 'active' || isThere) return answer;
      from = receivedBytes ?? from;
      await answer.body?.cancel();
    }
    isFirst = false;
    const body = from < stretch.to ? await stretch.bytes.read(from, stretch.to) : undefined;
    const headers = new Headers(init?.headers);
    headers.set(offsetHeader, String(from));
    const answer = await send(input, { ...init, headers }, commandOf(stretch, from), { ...(body && { body }) });
    if (answer.ok) uploadState(answer.headers);
    return answer;
  };
}
