import type { ErrorClass, Failure } from '../../resilience/failure.ts';
import type { BadAnswerFacts } from '../../resilience/provider.ts';

/** How much of a body classification reads, in bytes. */
const mostRead = 262_144;

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

/**
 * A bad answer as it came: what classification reads, and what an SDK is given in the end to make its own error of. Holds nothing of
 * its Response, which would hold its connection.
 */
export class BadAnswer extends Error {
  readonly headers: Headers;
  readonly #origin: Origin;
  readonly #statusText: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #status: number | undefined;

  /** @param status the answer's own, or what an error in the place of a good answer states of itself; undefined where it states none */
  constructor(response: Response, bytes: Uint8Array<ArrayBuffer>, status: number | undefined) {
    // No stack: it would show only our own frames, and hold them for as long as the call waits to be sent again.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`HTTP ${status ?? 'error in a stream'}`);
    Error.stackTraceLimit = stackTraceLimit;
    Object.defineProperty(this, 'name', { value: 'BadAnswer' });
    this.headers = new Headers(response.headers);
    // What stood in the place of an answer is a body of its own now.
    if (status !== response.status) this.headers.set('content-type', 'application/json');
    this.#origin = originOf(response);
    // The phrase of a success says nothing of what was wrong with it.
    this.#statusText = response.status < 300 ? '' : response.statusText;
    this.#bytes = bytes;
    this.#status = status;
  }

  /** The length of its body, in bytes. */
  get size(): number {
    return this.#bytes.byteLength;
  }

  /** The answer as plain facts. */
  facts(): BadAnswerFacts {
    return {
      status: this.#status,
      statusText: this.#statusText,
      headers: Object.fromEntries(this.headers),
      body: new TextDecoder().decode(this.#bytes.subarray(0, mostRead)),
    };
  }

  /**
   * The response anew, with body and headers as they were. It is never a success.
   * @param unstated the status for what has no bad one of its own
   */
  toResponse(unstated: number): Response {
    const { headers } = this;
    const own = this.#status ?? 0;
    const status = Math.min(own < 400 ? unstated : own, highestStatus);
    return madeAs(new Response(this.#bytes, { status, statusText: this.#statusText, headers }), this.#origin);
  }
}

/** What no Response can be made with. */
export type Origin = Pick<Response, 'url' | 'redirected' | 'type'>;

const originOf = ({ url, redirected, type }: Origin): Origin => ({ url, redirected, type });

/** A response that was made here, and its clones, with what the real one says of where it came from. */
export function madeAs(response: Response, real: Origin): Response {
  const origin = originOf(real);
  const clone = (): Response => madeAs(Response.prototype.clone.call(response), origin);
  for (const [name, value] of Object.entries({ ...origin, clone })) Object.defineProperty(response, name, { value });
  return response;
}
