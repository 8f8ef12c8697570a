import type { StreamSign } from '../resilience/streamSign.ts';
import { readAt } from './classification/caughtChain.ts';
import { messageIs, statusIs } from './classification/rules.ts';
import { providerOf } from './providerOf.ts';
import { repeatableRequest } from './repeatableRequest.ts';
import { isErrorEvent, parsedEvent } from './streamSigns.ts';

/** A line of a stream: an answer goes on until one says `done`, what is pulled, pushed or created until a `success`. */
function readEvent(data: string): StreamSign {
  const line = parsedEvent(data);
  if (isErrorEvent(line)) return 'error';
  return readAt(line, 'done') === true || readAt(line, 'status') === 'success' ? 'end' : 'content';
}

/** Ollama on this machine or another. While it starts nothing listens; while a model is loaded it says so. Both are waited for. */
export const ollama = providerOf({
  name: 'ollama',
  rules: [
    messageIs('model-missing', 'model-not-found', /model .{0,200}not found/i),
    messageIs(
      'memory',
      'invalid-argument',
      /requires more system memory|out of memory|unable to allocate|error loading model|unknown model architecture/i,
    ),
    messageIs('loading', 'model-loading', /loading model|model is (?:still )?loading|waiting for (?:llama|server)/i),
    statusIs('runner', 'unavailable', [500], /has (?:terminated|unexpectedly stopped)|model failed to load/i),
  ],
  advice: {
    'model-not-found':
      'Pull the model first: `ollama pull <name>`, with the tag that is asked for; `ollama list` shows what is there.',
    'connection-refused': 'Start the service with `ollama serve`, or check OLLAMA_HOST.',
    'invalid-argument':
      'Correct the request: the message says what is wrong with it. For want of memory, use a smaller model or context.',
  },
  strategies: {
    'connection-refused': { retries: 12, baseMs: 500, maxMs: 5_000, growth: 1.5, jitter: 'equal' },
    'model-loading': { retries: 20, baseMs: 1_000, maxMs: 10_000, growth: 1.5, jitter: 'equal' },
  },
  repeatable: repeatableRequest(/\/(?:api\/(?:chat|generate|embed|show)|responses|messages)\/?$/),
  readEvent,
  marksEnd: true,
});
