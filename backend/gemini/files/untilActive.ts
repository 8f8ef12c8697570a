import { type File, FileState, type GoogleGenAI } from '@google/genai';
import { remainingMs } from '../../resilience/policy.ts';
import type { CallStarter } from '../doors/callStarter.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { fileError } from './fileFailures.ts';

/** Who asks for a file. */
export interface FilePolling {
  readonly call: GeminiCall;
  readonly calls: CallStarter;
  readonly client: GoogleGenAI;
}

/** A small file is ready within a second or two, an hour of video within a minute. In milliseconds. */
const firstWaitMs = 500;
const longestWaitMs = 10_000;
const growth = 1.5;

function failed({ call }: FilePolling, { error, state }: File): Error {
  return fileError(call, {
    reason: 'file-not-active',
    rule: 'file-processing-failed',
    evidence: `state ${state}`,
    message: error?.message ?? 'The server could not process the file.',
    advice: 'The file cannot be read by the model: check its content and its type.',
  });
}

function tooSlow({ call }: FilePolling): Error {
  return fileError(call, {
    reason: 'file-not-active',
    rule: 'file-still-processing',
    evidence: `deadlineMs ${call.limits.deadlineMs}`,
    message: 'The file is still being processed, and the deadline is near.',
    advice: 'Raise deadlineMs.',
  });
}

/** Is the file ready? An answer that states no state is of a server that processes nothing. */
function isReady(polling: FilePolling, file: File): boolean {
  if (file.state === FileState.FAILED) throw failed(polling, file);
  return file.uri !== undefined && file.state !== FileState.PROCESSING;
}

/**
 * Asks for the file until it is ready: at once where nothing but its name is known, then ever less often.
 * @throws GeminiError (file-not-active) where the server gave up on it or the deadline is near, SeamError
 */
export async function untilActive(polling: FilePolling, uploaded: File): Promise<File> {
  const { call, calls, client } = polling;
  const { name = '' } = uploaded;
  let file = uploaded;
  let waitMs = firstWaitMs;
  while (!isReady(polling, file)) {
    if (file.uri !== undefined) {
      if (waitMs >= remainingMs(call)) throw tooSlow(polling);
      await call.runtime.sleep(waitMs, call.signal);
      call.signal?.throwIfAborted();
      waitMs = Math.min(longestWaitMs, waitMs * growth);
    }
    file = await client.files.get(calls.bound(call, { name, config: {} }));
    if (file.uri === undefined) throw failed(polling, { error: { message: 'The server does not know the file.' } });
  }
  return file;
}
