import type { Transport } from '../../resilience/transport.ts';

/** One request as it was handed to the transport. */
export interface HandedOver {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal | null | undefined;
}

/** What becomes of a request: a response, or what is thrown. */
export type Step = Response | Error | (() => Response | Promise<Response>);

/** A transport that does what a script says, and after its end answers `{"ok":true}`. */
export interface ScriptedTransport {
  readonly fetch: Transport;
  readonly sent: readonly HandedOver[];
}

/** @param script what is done with the requests, in their order */
export function scriptedTransport(...script: readonly Step[]): ScriptedTransport {
  const sent: HandedOver[] = [];
  const fetch: Transport = async (input, init) => {
    const request = new Request(input, init);
    const step = script[sent.length] ?? (() => Response.json({ ok: true }));
    sent.push({ url: request.url, headers: request.headers, body: await request.text(), signal: init?.signal });
    if (step instanceof Error) throw step;
    return step instanceof Response ? step : step();
  };
  return { fetch, sent };
}

/** A bad answer. */
export const bad = (status: number, body: object = {}, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers });

/** What the platform's fetch throws for a lost connection. */
export const lostConnection = (): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });

/** A stream of these pieces, whose end is the caller's to say. */
export function openStream(type: string, ...pieces: readonly string[]) {
  let end: () => void = () => {};
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: controller => {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      end = () => controller.close();
    },
  });
  return { response: new Response(body, { headers: { 'content-type': type } }), end: () => end() };
}
