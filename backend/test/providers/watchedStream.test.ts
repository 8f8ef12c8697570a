import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anthropic, createResilientFetch, ollama, openai } from '../../fetch.ts';
import { geminiProvider } from '../../gemini/geminiProviders.ts';
import type { Provider } from '../../resilience/provider.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';
import { anthropicWire, geminiWire, ollamaWire, openAiWire, type Wire } from './wires.ts';

const rows: readonly (readonly [string, Provider, Wire])[] = [
  ['openai', openai, openAiWire],
  ['anthropic', anthropic, anthropicWire],
  ['ollama', ollama, ollamaWire],
  ['gemini', geminiProvider, geminiWire],
];

/** The bytes in pieces that end at these places, whatever they cut through. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map(place => place % bytes.length)), bytes.length].toSorted(
    (one, other) => one - other,
  );
  return ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end)).filter(({ length }) => length > 0);
}

function streamOf(pieces: readonly Uint8Array[], type: string): Response {
  const left = [...pieces];
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const piece = left.shift();
    if (piece === undefined) controller.close();
    else controller.enqueue(piece);
  };
  return new Response(new ReadableStream({ pull }), { headers: { 'content-type': type } });
}

const ask = { method: 'POST', body: '{"model":"m","stream":true}' };
const address = 'https://api.example.com/v1/chat/completions';
const places = fc.array(fc.nat(100_000), { maxLength: 12 });

describe.each(rows)('a stream of %s', (_name, provider, { pieces, streamType }) => {
  const whole = new TextEncoder().encode(pieces.join(''));

  it('comes out byte for byte, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(places, async ends => {
        const runtime = new VirtualRuntime();
        const transport = async (): Promise<Response> => streamOf(cutAt(whole, ends), streamType);
        const response = await createResilientFetch(provider, { fetch: transport, runtime })(address, ask);
        expect(new Uint8Array(await response.arrayBuffer())).toEqual(whole);
        // Neither a timer nor a place is left behind.
        expect(runtime.waiting).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('that ends too early is repeated, or ends in an error: never a short answer', async () => {
    const lastEvent = pieces.findLastIndex(piece => /finish|done|DONE|message_stop/i.test(piece));
    const unfinished = pieces
      .slice(0, lastEvent)
      .filter(piece => !/"finish_reason":"stop"/.test(piece))
      .join('');
    const bytes = new TextEncoder().encode(unfinished);
    await fc.assert(
      fc.asyncProperty(places, fc.nat(bytes.length - 1), async (ends, length) => {
        const runtime = new VirtualRuntime();
        let sent = 0;
        const transport = async (): Promise<Response> => {
          sent += 1;
          return streamOf(sent === 1 ? cutAt(bytes.subarray(0, length + 1), ends) : [whole], streamType);
        };
        const fetch = createResilientFetch(provider, { fetch: transport, runtime });
        const text = await runtime.settle(fetch(address, ask).then(response => response.text())).catch(() => undefined);
        expect(text === undefined || text === pieces.join('')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
