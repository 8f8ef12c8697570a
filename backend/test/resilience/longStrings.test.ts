import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CutLine } from '../../resilience/cutLine.ts';
import { type CutText, LongStrings, restoreLong, uncut } from '../../resilience/longStrings.ts';
import { SseDecoder } from '../../resilience/sse.ts';

function cut(...pieces: readonly string[]): CutText {
  const strings = new LongStrings('mark');
  for (const piece of pieces) strings.write(piece);
  return strings.end();
}

/** The text in pieces of these lengths, again and again. */
function inPieces(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const length = Math.max(1, lengths[turn % lengths.length] ?? text.length);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

const long = (character: string): string => character.repeat(5_000);

describe('LongStrings', () => {
  const rows: [string, unknown, number][] = [
    ['a short string', { a: 'b' }, 0],
    ['a long string', { a: long('b'), c: 1 }, 1],
    ['two of them', [long('a'), long('b')], 2],
    ['one with escapes', { a: `${long('b')}"\\\n\u2028🌊${long('c')}` }, 1],
    ['one that ends in a backslash', { a: `${long('b')}\\` }, 1],
    ['many backslashes', { a: '\\'.repeat(9_001), b: 'x' }, 1],
    ['a long key', { [long('k')]: long('v') }, 2],
    ['short strings with escapes', { a: '"', b: '\\', c: '\\"' }, 0],
    ['a text without strings', 12, 0],
  ];
  it.each(rows)('%s comes out as it went in', (_name, value, count) => {
    const text = JSON.stringify(value);
    for (const lengths of [[text.length], [1], [7], [4_095, 3]]) {
      const result = cut(...inPieces(text, lengths));
      expect(result.long.size).toBe(count);
      expect(restoreLong(JSON.parse(result.text), result.long)).toEqual(value);
      expect(JSON.parse(uncut(result))).toEqual(value);
      if (count > 0) expect(result.text.length).toBeLessThan(400);
    }
  });

  it('any value, escaped in any way, comes out as it went in, however it is cut', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ minLength: 3_000, maxLength: 6_000, unit: 'grapheme' }),
    );
    // Capitals: JSON's own escape sequences have none.
    const escaped = (json: string, every: number): string =>
      json.replaceAll(/[A-Z]/g, (letter, at: number) =>
        at % every === 0 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter,
      );
    const value = fc
      .jsonValue({ maxDepth: 3 })
      .chain(inner => text.map(string => ({ string, other: string + string, inner })));
    fc.assert(
      fc.property(
        value,
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 2, max: 50 }),
        (given, lengths, every) => {
          const json = `{"string":${escaped(JSON.stringify(given.string), every)},"rest":${JSON.stringify(given)}}`;
          const expected: unknown = JSON.parse(json);
          const result = cut(...inPieces(json, lengths));
          expect(restoreLong(JSON.parse(result.text), result.long)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(['{"a":"', '{"a', `{"a":"${long('b')}`, `{"a":"${long('b')}\\u12"}`, `{"a":"${long('b')}\\q"}`])(
    'what is no JSON does not become JSON: %.12s',
    text => {
      expect(() => JSON.parse(cut(text).text)).toThrow();
    },
  );
});

describe('SseDecoder with lines that are cut', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('cuts long strings out of long events, and out of no others', () => {
    const decoder = new SseDecoder(new CutLine('mark'));
    const big = { image: long('é'), other: long('b') };
    const small = { text: 'c' };
    const wire = `: a comment ${long('x')}\n\ndata: ${JSON.stringify(big)}\n\ndata: ${JSON.stringify(small)}\n\ndata: ${JSON.stringify(big)}\n\n`;
    const events = inPieces(wire, [999]).flatMap(piece => decoder.push(bytes(piece)));
    expect(events.map(event => event.kind === 'data' && event.long?.size)).toEqual([2, undefined, 2]);
    const marks = events.flatMap(event => (event.kind === 'data' ? [...(event.long?.keys() ?? [])] : []));
    expect(new Set(marks).size).toBe(4);
    const values = events.map(
      event => event.kind === 'data' && restoreLong(JSON.parse(event.data), event.long ?? new Map()),
    );
    expect(values).toEqual([big, small, big]);
  });
});
