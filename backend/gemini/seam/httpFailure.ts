import { ApiError } from '@google/genai';

/** A bad answer as it came: what classification reads, and what the official client is given back in the end. */
export class HttpFailure extends ApiError {
  readonly statusText: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;

  /** @param stated the HTTP status; for an error inside a 200, the one that the body states */
  constructor(response: Response, body: string, stated = response.status) {
    // There is no class of statuses above 599, and no Response can be made with one.
    const status = Math.min(stated, 599);
    // No stack: it would show only our own frames, and hold them for as long as the call waits to be sent again.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super({ message: body, status });
    Error.stackTraceLimit = stackTraceLimit;
    // The client's constructor resets the prototype to its own class.
    Object.setPrototypeOf(this, HttpFailure.prototype);
    this.statusText = response.statusText;
    this.headers = Object.fromEntries(response.headers.entries());
    this.body = body;
  }

  /** The answer as plain facts, which is what classification reads best. */
  answer(): { status: number; statusText: string; headers: Readonly<Record<string, string>>; body: string } {
    const { status, headers, body } = this;
    // The phrase of a success says nothing of what was wrong with it.
    return { status, statusText: status < 300 ? '' : this.statusText, headers, body };
  }

  /** A response that the official client turns into the error its users know, also where the body is not what it claims. */
  toResponse(): Response {
    const { status, statusText, headers, body } = this;
    const plain = new Headers(headers);
    // The body is decoded and whole by now.
    plain.delete('content-encoding');
    plain.delete('content-length');
    const claimsJson = headers['content-type']?.includes('json') ?? false;
    if (!claimsJson || isJson(body) || status < 400)
      return new Response(nullBody.has(status) ? null : body, { status, statusText, headers: plain });
    const wrapped = JSON.stringify({ error: { message: body, code: status, status: statusText } });
    return new Response(wrapped, { status, statusText, headers: plain });
  }
}

/** Statuses whose Response may not have a body. */
const nullBody: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}
