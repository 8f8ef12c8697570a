import type { FileData } from '@google/genai';

/** What the API reads itself by its address: its own files, and videos. */
const filesApi = /^\/v\d\w*\/files\/[^/]+$/;
const video = /^(?:(?:www\.|m\.)?youtube\.com|youtu\.be)$/;

/** Does the API read what is at this address itself? Everything else is fetched here. */
export function isReadByApi({ protocol, hostname, pathname }: URL): boolean {
  if (protocol === 'gs:') return true;
  return protocol === 'https:' && (video.test(hostname) || (hostname === apiHost && filesApi.test(pathname)));
}

const apiHost = 'generativelanguage.googleapis.com';

/** The part's data for an address that the API reads itself. */
export function fileDataOf({ href }: URL, mimeType: string | undefined): FileData {
  return { fileUri: href, ...(mimeType !== undefined && { mimeType }) };
}
