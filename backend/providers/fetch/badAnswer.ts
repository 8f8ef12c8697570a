import type { BadAnswerFacts } from '../../resilience/provider.ts';

/** How much of a body classification reads, in bytes. */
const mostRead = 262_144;

/** Statuses whose Response may not have a body. */
const withoutBody: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** There is no class of statuses above, and no Response can be made with one. */
const highestStatus = 599;

/** A bad answer as it came: what classification reads, and what an SDK is given in the end to make its own error of. */
export class BadAnswer extends Error {
  readonly #response: Response;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Undefined for an error inside a stream, whose status says nothing of it. */
  readonly #status: number | undefined;

  /** @param status what the answer states in the place of its own HTTP status: of an error inside a 200, say */
  constructor(response: Response, bytes: Uint8Array<ArrayBuffer>, status: number | undefined = response.status) {
    // No stack: it would show only our own frames, and hold them for as long as the call waits to be sent again.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`HTTP ${status ?? 'error in a stream'}`);
    Error.stackTraceLimit = stackTraceLimit;
    Object.defineProperty(this, 'name', { value: 'BadAnswer' });
    this.#response = response;
    this.#bytes = bytes;
    this.#status = status;
  }

  /** The answer as plain facts. The phrase of a success says nothing of what was wrong with it. */
  facts(): BadAnswerFacts {
    const { statusText, headers, status } = this.#response;
    return {
      status: this.#status,
      statusText: status < 300 ? '' : statusText,
      headers: Object.fromEntries(headers),
      body: new TextDecoder().decode(this.#bytes.subarray(0, mostRead)),
    };
  }

  get headers(): Headers {
    return this.#response.headers;
  }

  /**
   * The response anew, with body and headers as they were.
   * @param inStream the status for an error inside a stream, whose own was a good one
   */
  toResponse(inStream: number): Response {
    const { url, statusText } = this.#response;
    const headers = new Headers(this.#response.headers);
    const status = Math.min(this.#status ?? inStream, highestStatus);
    // An event of a stream is a body now.
    if (this.#status === undefined) headers.set('content-type', 'application/json');
    const body = withoutBody.has(status) ? null : this.#bytes;
    return withUrl(
      new Response(body, { status, statusText: this.#status === undefined ? '' : statusText, headers }),
      url,
    );
  }
}

/** A response that was made here, with the address that the real one came from. */
export function withUrl(response: Response, url: string): Response {
  return Object.defineProperty(response, 'url', { value: url });
}
