import { OptionError } from '../../resilience/optionError.ts';
import { refusing } from '../settings/optionFailure.ts';
import type { OpenWebSocket } from './webSocket.ts';

const decoder = new TextDecoder();

/** Messages are JSON; the service sends their bytes as binary ones. */
const textOf = (data: string | ArrayBuffer): string => (typeof data === 'string' ? data : decoder.decode(data));

/** Who asks is known by a key in the address, or by a header, which cannot be sent. */
function checkSendable(url: string, headers: Readonly<Record<string, string>>): void {
  const names = Object.keys(headers).map(name => name.toLowerCase());
  const isInAddress = /[?&](?:key|access_token)=/.test(url);
  if (isInAddress || !names.some(name => name === 'authorization' || name === 'x-goog-api-key')) return;
  const allowed = 'in a runtime whose WebSockets can send headers: Node, Bun or Deno';
  throw new OptionError('vertexai', 'true', `false for live sessions, or the client ${allowed}`);
}

/**
 * Connections by the platform's own WebSocket, as browsers and edge runtimes have it. It can neither send headers nor ping, and does
 * not tell why a server refused.
 */
export const platformWebSockets =
  (Socket: typeof WebSocket): OpenWebSocket =>
  (url, headers, listener) => {
    refusing(() => checkSendable(url, headers));
    const socket = new Socket(url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => listener.opened());
    socket.addEventListener('message', ({ data }) => listener.received(textOf(data)));
    // Of an error nothing is known but that the connection will be closed.
    socket.addEventListener('close', ({ code, reason }) => listener.closed(code, reason));
    return {
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
      send: text => {
        if (socket.readyState === Socket.OPEN) socket.send(text);
      },
      close: code => socket.close(code),
      terminate: () => socket.close(),
      ping: undefined,
    };
  };
