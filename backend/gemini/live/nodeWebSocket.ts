import type { WebSocket } from 'ws';
import { HttpFailure } from '../seam/httpFailure.ts';
import type { OpenWebSocket } from './webSocket.ts';

/** Of the body that refuses an upgrade. In bytes. */
const mostOfBody = 65_536;

/** The HTTP answer that refuses an upgrade. */
interface Refusal extends AsyncIterable<unknown> {
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly headers: object;
}

async function read(response: Refusal): Promise<HttpFailure> {
  const { statusCode: status = 0, statusMessage: statusText = '' } = response;
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
  let body = '';
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > mostOfBody) break;
    }
  } catch {
    // A body that breaks off has said what it has said.
  }
  const isStatus = status >= 200 && status <= 599;
  return new HttpFailure(new Response(null, { status: isStatus ? status : 500, statusText, headers }), body);
}

/** Connections by `ws`: with headers, pings, and the answer of a server that refuses. */
export const nodeWebSockets =
  (Socket: typeof WebSocket): OpenWebSocket =>
  (url, headers, listener) => {
    const socket = new Socket(url, { headers });
    socket.on('open', () => listener.opened());
    socket.on('message', data => listener.received(String(data)));
    socket.on('pong', () => listener.alive());
    socket.on('ping', () => listener.alive());
    socket.on('unexpected-response', (request, response) => {
      void read(response)
        .then(answer => listener.refused(answer))
        .finally(() => request.destroy());
    });
    socket.on('error', error => listener.failed(error));
    socket.on('close', (code, reason) => listener.closed(code, String(reason)));
    return {
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
      send: text => socket.send(text, () => {}),
      close: code => socket.close(code),
      terminate: () => socket.terminate(),
      ping: () => socket.ping(),
    };
  };
