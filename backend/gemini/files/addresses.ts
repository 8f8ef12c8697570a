import type { FileData } from '@google/genai';
import { mimeTypeOfName } from './mimeTypes.ts';

const apiHost = 'generativelanguage.googleapis.com';

/** What the API reads itself by its address: its own files, and videos. */
const filesApi = /^\/v\d\w*\/files\/[^/]+$/;
const video = /^(?:(?:www\.|m\.)?youtube\.com|youtu\.be)$/;

/** Does the API read what is at this address itself? Everything else is fetched here. */
export function isReadByApi({ protocol, hostname, pathname }: URL): boolean {
  if (protocol === 'gs:') return true;
  return protocol === 'https:' && (video.test(hostname) || (hostname === apiHost && filesApi.test(pathname)));
}

/** The part's data for an address that the API reads itself. Of what lies in a bucket it wants to be told the type. */
export async function fileDataOf({ href, protocol, pathname }: URL, stated: string | undefined): Promise<FileData> {
  const mimeType = stated ?? (protocol === 'gs:' ? await mimeTypeOfName(pathname) : undefined);
  return { fileUri: href, ...(mimeType !== undefined && { mimeType }) };
}
