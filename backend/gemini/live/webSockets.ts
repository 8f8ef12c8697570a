import { OptionError } from '../../resilience/optionError.ts';
import { nodeWebSockets } from './nodeWebSocket.ts';
import { platformWebSockets } from './platformWebSocket.ts';
import type { OpenWebSocket } from './webSocket.ts';

/** Undefined where `ws` is a placeholder, as bundlers for browsers have it, or is not there. */
async function packageSockets(): Promise<OpenWebSocket | undefined> {
  try {
    const { WebSocket } = await import('ws');
    return WebSocket && nodeWebSockets(WebSocket);
  } catch {
    return undefined;
  }
}

let chosen: Promise<OpenWebSocket> | undefined;

async function choose(): Promise<OpenWebSocket> {
  const sockets = await packageSockets();
  if (sockets !== undefined) return sockets;
  if (typeof WebSocket === 'function') return platformWebSockets(WebSocket);
  throw new OptionError('live.connect', 'called where there is no WebSocket', 'called in a runtime that has one');
}

/** How connections are made here: by `ws` where it runs, else by the platform. @throws OptionError where neither is there */
export function webSockets(): Promise<OpenWebSocket> {
  chosen ??= choose();
  return chosen;
}
