/**
 * `node examples/chatEndpoint/main.ts`: the key in GEMINI_API_KEY, the port in PORT (8787). For hundreds of streams at once add
 * `--min-semi-space-size=64 --max-semi-space-size=64`: a piece lives until the next one comes, and with Node's small young generation
 * a thousand streams cost a pause of 150 ms every 15 s, by `npm run bench:chat`.
 */
import type { AddressInfo } from 'node:net';
// In an application of your own: from 'geminicore'.
import { GeminiCore } from '../../backend/index.ts';
import { closed } from './closing.ts';
import { chatEndpoint } from './endpoint.ts';

// A client that waits is better told at once that the service is down than held until it comes back.
const server = chatEndpoint(new GeminiCore({ breaker: { whenOpen: 'fail' } }));
server.listen(Number(process.env['PORT'] ?? 8787), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`http://127.0.0.1:${port}`);
  console.log(`curl -N -d '{"message":"Why is the sky blue?"}' http://127.0.0.1:${port}/chat`);
});

// The load test asks for it.
process.on('message', () => process.send?.(process.memoryUsage()));

/** Within what those who stop a process usually allow it, in milliseconds. */
const patienceMs = 8_000;

process.once('SIGTERM', () => void closed(server, patienceMs).then(() => process.exit(0)));
