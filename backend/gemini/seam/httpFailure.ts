import { ApiError } from '@google/genai';

/** How much of a body an error shows. */
const shownLength = 8_192;

/** A bad answer as it came: what classification reads, and what the official client is given back in the end. */
export class HttpFailure extends ApiError {
  declare readonly statusText: string;
  /** Header names in lower case. */
  declare readonly headers: Readonly<Record<string, string>>;
  // Nobody prints it: it may quote the request.
  readonly #body: string;
  #isShown = false;

  /** @param stated the HTTP status; for an error inside a 200, the one that the body states */
  constructor(response: Response, body: string, stated = response.status) {
    // There is no class of statuses above 599, and no Response can be made with one.
    const status = Math.min(stated, 599);
    // No stack: it would show only our own frames, and hold them for as long as the call waits to be sent again.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super({ message: `HTTP ${status}`, status });
    Error.stackTraceLimit = stackTraceLimit;
    // The client's constructor resets the prototype to its own class.
    Object.setPrototypeOf(this, HttpFailure.prototype);
    this.#body = body;
    const headers = Object.fromEntries(response.headers.entries());
    Object.defineProperties(this, { statusText: { value: response.statusText }, headers: { value: headers } });
  }

  /** Makes the body the message, as the official client has it, with what nobody may see taken out. The first to do so knows best. */
  show(clean: (text: string) => string): void {
    if (this.#isShown || this.#body === '') return;
    this.#isShown = true;
    this.message = clean(this.#body.slice(0, shownLength));
  }

  /** The answer as plain facts, which is what classification reads best. */
  answer(): { status: number; statusText: string; headers: Readonly<Record<string, string>>; body: string } {
    const { status, headers } = this;
    // The phrase of a success says nothing of what was wrong with it.
    return { status, statusText: status < 300 ? '' : this.statusText, headers, body: this.#body };
  }

  /** A response that the official client turns into the error its users know, also where the body is not what it claims. */
  toResponse(status: number, withoutSecrets: (text: string) => string): Response {
    const { statusText } = this;
    const body = withoutSecrets(this.#body);
    const headers = new Headers(this.headers);
    // The body is decoded and whole by now.
    headers.delete('content-encoding');
    headers.delete('content-length');
    // An error that came inside a success gets the status it states, and the type that the client reads it by.
    if (status !== this.status || isJson(body)) headers.set('content-type', 'application/json');
    const claimsJson = headers.get('content-type')?.includes('json') ?? false;
    if (!claimsJson || isJson(body) || status < 400) {
      return new Response(nullBody.has(status) ? null : body, { status, statusText, headers });
    }
    const wrapped = JSON.stringify({ error: { message: body, code: status, status: statusText } });
    return new Response(wrapped, { status, statusText, headers });
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
