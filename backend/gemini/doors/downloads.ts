import type { GoogleGenAI } from '@google/genai';
import type { Transport } from '../seam/httpExchange.ts';

type Files = GoogleGenAI['files'];
type DownloadParameters = Parameters<Files['download']>[0];

/** The body of one download, and what broke it. */
interface DownloadBody {
  readonly response: Response;
  broken(): { readonly error: unknown } | undefined;
  /** Frees the socket of what was not read. */
  release(): void;
}

/**
 * A body that ends where it breaks, and remembers why. The official client pipes it into a file without listening for errors:
 * there an error would end the process, and the file would never be closed.
 */
function quiet(response: Response, source: ReadableStream<Uint8Array>): DownloadBody {
  const { status, statusText, headers } = response;
  const reader = source.getReader();
  let broken: { readonly error: unknown } | undefined;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    } catch (error) {
      broken = { error };
      controller.close();
    }
  };
  const release = (): void => void reader.cancel().catch(() => undefined);
  const body = new ReadableStream({ pull, cancel: release }, { highWaterMark: 0 });
  return { response: new Response(body, { status, statusText, headers }), broken: () => broken, release };
}

/** Makes `files.download` reject where its body breaks. What had come by then stays in the file. */
export function guardDownloads(client: GoogleGenAI, seam: Transport): GoogleGenAI {
  const { files } = client;
  const download = files.download.bind(files);
  files.download = async (parameters: DownloadParameters): Promise<void> => {
    const { httpOptions } = parameters.config ?? {};
    const through = httpOptions?.fetch ?? seam;
    let last: DownloadBody | undefined;
    const fetch: Transport = async (input, init) => {
      const response = await through(input, init);
      if (!response.ok || response.body === null) return response;
      last = quiet(response, response.body);
      return last.response;
    };
    try {
      await download({ ...parameters, config: { ...parameters.config, httpOptions: { ...httpOptions, fetch } } });
    } finally {
      last?.release();
    }
    const broken = last?.broken();
    if (broken !== undefined) throw broken.error;
  };
  return client;
}
