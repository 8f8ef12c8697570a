/** A server for the stream benchmarks, in a process of its own: `image <bytes>` or `words <chunks> <bytes each>`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const event = (parts: readonly object[], finishReason?: string): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts }, index: 0, ...(finishReason && { finishReason }) }] })}\r\n\r\n`;

/** One image of so many bytes in one event. */
function* image(bytes: number): Iterable<string> {
  const slice = 'iVBORw0KGgoAAAAN'.repeat(4_096);
  const [before = '', after = ''] = event([{ inlineData: { mimeType: 'image/png', data: '#' } }]).split('#');
  yield before;
  for (let sent = 0; sent < bytes; sent += slice.length) yield slice;
  yield after;
}

function* words(chunks: number, bytes: number): Iterable<string> {
  const chunk = event([{ text: 'The heron counted its stones. '.repeat(Math.ceil(bytes / 30)) }]);
  for (let sent = 0; sent < chunks; sent += 1) yield chunk;
}

const [kind, count, size] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of kind === 'image' ? image(Number(count)) : words(Number(count), Number(size))) {
    if (!response.write(piece)) await new Promise(resolve => response.once('drain', resolve));
  }
  response.end(event([{ text: 'That is all.' }], 'STOP'));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
