import { GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import type { Credentials } from '../seam/credentials.ts';
import type { Transport } from '../seam/httpExchange.ts';
import { guardDownloads } from './downloads.ts';

/** What the official client is made of. */
export interface OfficialClientOptions {
  /** What the user gave, with key and cloud flag resolved. */
  readonly official: GoogleGenAIOptions;
  readonly credentials: Credentials | undefined;
}

/** The official client with the seam as its fetch, and its own retries and timeout off. */
export function createOfficialClient({ official, credentials }: OfficialClientOptions, seam: Transport): GoogleGenAI {
  const { timeout: _timeout, retryOptions: _retryOptions, ...httpOptions } = official.httpOptions ?? {};
  const client = new GoogleGenAI({
    ...official,
    httpOptions: { ...httpOptions, fetch: seam },
    ...(credentials && { googleAuthOptions: credentials.forClient() }),
  });
  return guardDownloads(client, seam);
}
