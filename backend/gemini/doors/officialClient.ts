import { GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import type { Credentials } from '../seam/credentials.ts';
import type { Transport } from '../seam/httpExchange.ts';
import { officialRefusal } from '../settings/optionFailure.ts';
import { guardDownloads } from './downloads.ts';

/** What the official client is made of. */
export interface OfficialClientOptions {
  /** What the user gave, with key and cloud flag resolved. */
  readonly official: GoogleGenAIOptions;
  readonly credentials: Credentials | undefined;
}

function construct(options: GoogleGenAIOptions): GoogleGenAI {
  try {
    return new GoogleGenAI(options);
  } catch (cause) {
    throw officialRefusal(cause);
  }
}

/**
 * The official client with the seam as its fetch, and its own retries and timeout off.
 * @throws GeminiError for options that it refuses
 */
export function createOfficialClient({ official, credentials }: OfficialClientOptions, seam: Transport): GoogleGenAI {
  const { timeout: _timeout, retryOptions: _retryOptions, ...httpOptions } = official.httpOptions ?? {};
  const client = construct({
    ...official,
    httpOptions: { ...httpOptions, fetch: seam },
    ...(credentials && { googleAuthOptions: credentials.forClient() }),
  });
  return guardDownloads(client, seam);
}
