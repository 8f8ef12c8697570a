import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Wire } from './wires.ts';

/** What the server does with one request. */
export type WireFault =
  | 'ok'
  | '429'
  | 'overload'
  | 'reset'
  | 'cut'
  | 'stream-error'
  | 'stream-error-late'
  | 'stream-cut'
  | 'stream-stall'
  | '400'
  | '401';

/** One request as it came. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly atMs: number;
}

/** A service that speaks one wire format and misbehaves by a script; after its end everything is well. */
export interface WireServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const piece of request) chunks.push(piece);
  return Buffer.concat(chunks).toString();
}

const asksForStream = (url: string, body: string): boolean =>
  /"stream":\s*true/.test(body) || url.includes('streamGenerateContent');

function stream(response: ServerResponse, wire: Wire, fault: WireFault): void {
  response.writeHead(200, { 'content-type': wire.streamType });
  const { pieces, errorPiece } = wire;
  const shown = pieces.findIndex(piece => piece.includes('po')) + 1;
  if (fault === 'stream-error') response.end(pieces.slice(0, shown - 1).join('') + errorPiece);
  else if (fault === 'stream-error-late') response.end(pieces.slice(0, shown).join('') + errorPiece);
  else if (fault === 'stream-cut') response.end(pieces.slice(0, shown).join(''));
  else if (fault === 'stream-stall') response.write(pieces.slice(0, shown).join(''));
  else for (const piece of pieces) response.write(piece);
  if (fault === 'ok') response.end();
}

function whole(response: ServerResponse, wire: Wire, fault: WireFault): void {
  const body = Buffer.from(wire.answer);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  if (fault !== 'cut') response.end(body);
  else response.write(body.subarray(0, 10), () => response.destroy());
}

const bad: Partial<Record<WireFault, (wire: Wire) => readonly [number, string, Readonly<Record<string, string>>]>> = {
  '429': wire => [429, wire.rateLimit, wire.waitHeaders],
  overload: wire => [wire.overload.status, wire.overload.body, {}],
  '400': wire => [400, wire.invalid, {}],
  '401': wire => [401, wire.unauthorized, {}],
};

function respond(
  response: ServerResponse,
  wire: Wire,
  { fault, streams }: { fault: WireFault; streams: boolean },
): void {
  const answer = bad[fault]?.(wire);
  if (answer !== undefined) {
    const [status, body, headers] = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  } else if (fault === 'reset') response.destroy();
  else if (streams && fault !== 'cut') stream(response, wire, fault);
  else if (streams) {
    response.writeHead(200, { 'content-type': wire.streamType });
    response.write(wire.pieces[0]?.slice(0, 8), () => response.destroy());
  } else whole(response, wire, fault);
}

/** @param script what is done with the requests, in their order; its last entry again and again where `repeats` says so */
export async function startWireServer(
  wire: Wire,
  script: readonly WireFault[] = [],
  repeats = false,
): Promise<WireServer> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const fault = script[requests.length] ?? (repeats ? script.at(-1) : undefined) ?? 'ok';
    requests.push({ url: request.url ?? '', headers: request.headers, body, atMs: performance.now() });
    respond(response, wire, { fault, streams: asksForStream(request.url ?? '', body) });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
