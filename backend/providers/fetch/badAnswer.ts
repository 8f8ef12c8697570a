import type { ErrorClass, Failure } from '../../resilience/failure.ts';
import type { BadAnswerFacts } from '../../resilience/provider.ts';

/** How much of a body classification reads, in bytes. */
const mostRead = 262_144;

/** Statuses whose Response may not have a body. */
const withoutBody: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** There is no class of statuses above, and no Response can be made with one. */
const highestStatus = 599;

/** What stands for a failure that has no status of its own: for SDKs, which tell errors apart by it. */
const statusOfClass: Readonly<Record<ErrorClass, number>> = {
  quota: 429,
  server: 500,
  network: 502,
  auth: 401,
  request: 400,
};

/** The HTTP status of a failure, its own or what stands for it. */
export const statusOf = ({ status = 0, reason, errorClass }: Failure): number =>
  status >= 400 ? status : reason === 'overloaded' ? 503 : statusOfClass[errorClass];

/** What a bad answer has in the place of its own HTTP status. */
export interface StatedStatus {
  /** What it states of itself; undefined where it states none. */
  readonly status: number | undefined;
  /** Is it an event of a stream, whose own status was a good one? */
  readonly isEvent?: boolean | undefined;
}

/**
 * A bad answer as it came: what classification reads, and what an SDK is given in the end to make its own error of. Holds nothing of
 * its Response, which would hold its connection.
 */
export class BadAnswer extends Error {
  readonly headers: Headers;
  readonly #origin: Origin;
  readonly #statusText: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #stated: StatedStatus;

  /** @param stated in the place of the answer's own status */
  constructor(response: Response, bytes: Uint8Array<ArrayBuffer>, stated: StatedStatus = response) {
    // No stack: it would show only our own frames, and hold them for as long as the call waits to be sent again.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`HTTP ${stated.status ?? 'error in a stream'}`);
    Error.stackTraceLimit = stackTraceLimit;
    Object.defineProperty(this, 'name', { value: 'BadAnswer' });
    this.headers = new Headers(response.headers);
    const { url, redirected, type } = response;
    this.#origin = { url, redirected, type };
    // The phrase of a success says nothing of what was wrong with it.
    this.#statusText = response.status < 300 ? '' : response.statusText;
    this.#bytes = bytes;
    this.#stated = { status: stated.status, isEvent: stated.isEvent };
  }

  /** The length of its body, in bytes. */
  get size(): number {
    return this.#bytes.byteLength;
  }

  /** The answer as plain facts. */
  facts(): BadAnswerFacts {
    return {
      status: this.#stated.status,
      statusText: this.#statusText,
      headers: Object.fromEntries(this.headers),
      body: new TextDecoder().decode(this.#bytes.subarray(0, mostRead)),
    };
  }

  /**
   * The response anew, with body and headers as they were.
   * @param unstated the status for an error inside a stream that states none
   */
  toResponse(unstated: number): Response {
    const headers = new Headers(this.headers);
    const status = Math.min(this.#stated.status ?? unstated, highestStatus);
    // An event of a stream is a body now.
    if (this.#stated.isEvent) headers.set('content-type', 'application/json');
    const body = withoutBody.has(status) ? null : this.#bytes;
    return madeAs(new Response(body, { status, statusText: this.#statusText, headers }), this.#origin);
  }
}

/** What no Response can be made with. */
export type Origin = Pick<Response, 'url' | 'redirected' | 'type'>;

/** A response that was made here, and its clones, with what the real one says of where it came from. */
export function madeAs(response: Response, { url, redirected, type }: Origin): Response {
  const clone = (): Response => madeAs(Response.prototype.clone.call(response), { url, redirected, type });
  for (const [name, value] of Object.entries({ url, redirected, type, clone }))
    Object.defineProperty(response, name, { value });
  return response;
}
