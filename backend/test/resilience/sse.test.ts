import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseDecoder, type SseEvent } from '../../resilience/sse.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(...chunks: readonly Uint8Array[]): readonly SseEvent[] {
  const decoder = new SseDecoder();
  return [...chunks.flatMap(chunk => decoder.push(chunk)), ...decoder.end()];
}

const data = (...texts: readonly string[]): SseEvent[] => texts.map(text => ({ kind: 'data', data: text }));

describe('SseDecoder', () => {
  const rows: [string, string, SseEvent[]][] = [
    ['one event', 'data: {"a":1}\n\n', data('{"a":1}')],
    ['no space after the colon', 'data:x\n\n', data('x')],
    ['only one space is taken away', 'data:  x\n\n', data(' x')],
    ['lines ended by CR LF', 'data: x\r\n\r\ndata: y\r\n\r\n', data('x', 'y')],
    ['lines ended by CR', 'data: x\r\rdata: y\r\r', data('x', 'y')],
    ['data over several lines', 'data: {\ndata: "a":1}\n\n', data('{\n"a":1}')],
    ['fields before the data', 'event: chunk\nid: 7\ndata: x\n\n', data('x')],
    ['comments', ': ping\n\ndata: x\n\n: pong\n\n', data('x')],
    ['a last event without its blank line', 'data: x\n\ndata: y', data('x', 'y')],
    ['a field of no data', 'retry: 10\n\n', []],
    ['a byte order mark', '\ufeffdata: x\n\n', data('x')],
    ['a bare JSON error', '{"error":{"code":503}}', [{ kind: 'stray', text: '{"error":{"code":503}}' }]],
    [
      'a bare error over several lines, after an event',
      'data: x\n\n{\n  "error": {}\n}\n',
      [...data('x'), { kind: 'stray', text: '{\n  "error": {}\n}' }],
    ],
  ];
  it.each(rows)('reads %s', (_name, text, expected) => {
    expect(decode(bytes(text))).toEqual(expected);
  });

  it('reads the same however the bytes are cut', () => {
    const text = 'event: é\r\ndata: {"t":"grün 🌊"}\r\n\r\n: c\ndata: a\ndata: b\n\n{"error":1}\n\rdata: z\r\r';
    const whole = bytes(text);
    const expected = decode(whole);
    expect(expected).toHaveLength(4);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 12 }), cuts => {
        const borders = [0, ...cuts.toSorted((one, other) => one - other), whole.length];
        const chunks = borders.slice(1).map((border, index) => whole.subarray(borders[index], border));
        expect(decode(...chunks)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does work in proportion to the size of one event', () => {
    const scanned = (chunkCount: number): number => {
      const decoder = new SseDecoder();
      const piece = bytes('x'.repeat(1_000));
      let steps = 0;
      const join = Array.prototype.join;
      Array.prototype.join = function (this: unknown[], separator?: string) {
        steps += this.length;
        return join.call(this, separator);
      };
      try {
        decoder.push(bytes('data: '));
        for (let index = 0; index < chunkCount; index += 1) decoder.push(piece);
        decoder.push(bytes('\n\n'));
      } finally {
        Array.prototype.join = join;
      }
      return steps;
    };
    expect(scanned(2_000) / scanned(1_000)).toBeLessThan(2.1);
  });
});
