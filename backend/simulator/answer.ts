/** What the service says before anything goes wrong on the way. */

/** One `GenerateContentResponse`, or any other JSON object of an answer. */
export type Chunk = Readonly<Record<string, unknown>>;

/** What an answer consists of. */
export type Content =
  /** `json` sends the one chunk, `sse` an event for each, `array` all of them as one JSON array. */
  | { readonly kind: 'chunks'; readonly chunks: readonly Chunk[]; readonly framing: 'json' | 'sse' | 'array' }
  | { readonly kind: 'bytes'; readonly bytes: string | Buffer; readonly contentType: string };

/** What the service says to one request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Content;
  readonly outputTokens: number;
}

/** An answer of one JSON object. */
export function jsonAnswer(chunk: Chunk, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers, content: { kind: 'chunks', chunks: [chunk], framing: 'json' }, outputTokens: 0 };
}

/** An error in the words and the shape of google.rpc. */
export function errorAnswer(status: number, rpcStatus: string, message: string): Answer {
  const error = { code: status, message, status: rpcStatus };
  return { ...jsonAnswer({ error }), status };
}
