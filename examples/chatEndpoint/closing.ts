import { once } from 'node:events';
import type { Server } from 'node:http';

/** Takes no more questions, and ends when those under way are answered, or after `patienceMs`: an answer may take minutes. */
export async function closed(server: Server, patienceMs: number): Promise<void> {
  const ending = once(server, 'close');
  server.close();
  // Clients keep their connections for the next question, which nobody answers now.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const patience = setTimeout(() => server.closeAllConnections(), patienceMs);
  await ending;
  clearInterval(sweep);
  clearTimeout(patience);
}
