import type { GoogleGenAI } from '@google/genai';

/** How the official client would address the start of an upload, and with which headers. */
export interface UploadAddress {
  readonly url: URL;
  readonly headers: Headers;
}

const placeholder = 'files/placeholder';

/**
 * Asks the official client for the address of a file and takes what it would send: host, version, key and its own name are then the
 * client's, whatever they are set by. Nothing is sent.
 */
export async function officialAddress(client: GoogleGenAI): Promise<UploadAddress> {
  let found: UploadAddress | undefined;
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    found = { url: new URL(input instanceof Request ? input.url : input), headers: new Headers(init?.headers) };
    return Response.json({});
  };
  await client.files.get({ name: placeholder, config: { httpOptions: { fetch } } });
  if (found === undefined) throw new Error('The official client sent nothing to ask for a file.');
  const { url, headers } = found;
  url.pathname = url.pathname.replace(/\/(v[^/]+)\/files\/placeholder$/, '/upload/$1/files');
  return { url, headers };
}
