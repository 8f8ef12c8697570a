import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenOff, leastBroken, Splice } from '../../gemini/streams/splice.ts';

const story =
  'Once upon a time there was a river that carried small stones slowly down to the sea. Every stone had a name, and every name was ' +
  'written in the sand by a heron who could not read. One day the heron asked a stone what its name meant, and the stone said nothing.';

/** What is new of a continuation, written in pieces of a size; undefined where it cannot be joined. */
function spliced(text: string, continuation: string, size = 7): string | undefined {
  const splice = new Splice(text);
  let fresh = '';
  for (let at = 0; at < continuation.length; at += size) fresh += splice.write(continuation.slice(at, at + size));
  fresh += splice.end();
  return splice.isJoined ? fresh : undefined;
}

describe('where a text breaks off', () => {
  it.each([
    ['a long text', story.slice(0, 200)],
    [
      'a text that repeats itself',
      `${'ha '.repeat(100)}and that was all that he could say before he fell into the river again`,
    ],
    ['a text of one letter', 'a'.repeat(500)],
    ['a short text', 'Once upon'],
  ])('%s: before and anchor are the text, and the anchor is in it once', (_name, text) => {
    const { before, anchor } = brokenOff(text);
    expect(before + anchor).toBe(text);
    expect(text.indexOf(anchor)).toBe(before.length);
    expect(anchor.length).toBeGreaterThanOrEqual(Math.min(64, text.length));
  });

  it('begins neither with white space nor inside a character', () => {
    expect(brokenOff(`${'b'.repeat(40)} ${'a'.repeat(63)}`).anchor).toMatch(/^b a/);
    expect(brokenOff(`b${'🌊'.repeat(20)}${'a'.repeat(63)}`).anchor.startsWith('🌊')).toBe(true);
  });

  it('begins with a word where there is one near', () => {
    expect(brokenOff(story.slice(0, 200)).anchor).toMatch(/^\S/);
    expect(brokenOff(story.slice(0, 200)).before).toMatch(/\s$/);
  });
});

describe('joining a continuation', () => {
  const text = story.slice(0, 180);
  const rest = story.slice(180);
  const { before, anchor } = brokenOff(text);
  const rows: [string, string, string | undefined][] = [
    ['begins with the anchor', anchor + rest, rest],
    ['begins further back', story.slice(before.length - 40), rest],
    ['begins from the beginning', story, rest],
    ['has white space before the anchor', `\n\n${anchor}${rest}`, rest],
    ['is the anchor and nothing more', anchor, ''],
    ['goes on without the anchor', rest, undefined],
    ['has only a part of the anchor', anchor.slice(20) + rest, undefined],
    ['says something first', `Sure! ${anchor}${rest}`, undefined],
    ['changes a letter of the anchor', `${anchor.slice(0, 30)}#${anchor.slice(31)}${rest}`, undefined],
    ['leaves a word out', `${anchor.slice(0, -6)}${rest}`, undefined],
    ['stops before the anchor is over', anchor.slice(0, -1), undefined],
    ['is empty', '', undefined],
    ['repeats the anchor before it begins', `${anchor}\n\n${anchor}${rest}`, undefined],
    ['repeats what it was asked to begin with, in one go', anchor + anchor + rest, undefined],
  ];
  it.each(rows)('that %s', (_name, continuation, expected) => {
    for (const size of [1, 7, 1_000]) expect(spliced(text, continuation, size)).toBe(expected);
  });

  describe('in a block of code', () => {
    const program =
      "Here it is:\n\n```ts\nexport const sum = (one: number, other: number): number => {\n  console.log('adding');\n  return one";
    const end = ' + other;\n};\n```\n\nThat is all.';
    const code = brokenOff(program).anchor;

    it.each([
      ['begins with the anchor', program, code + end, end],
      ['opens the fence again', program, `\`\`\`ts\n${code}${end}`, end],
      ['opens it after white space, without the language', program, `\n\`\`\`\n${code}${end}`, end],
      ['has a fence where the text has none', text, `\`\`\`\n${anchor}${rest}\n\`\`\``, undefined],
      [
        'has a fence where the text’s is closed',
        program + end,
        `\`\`\`\n${brokenOff(program + end).anchor} And more.`,
        undefined,
      ],
    ])('that %s', (_name, before, continuation, expected) => {
      for (const size of [1, 7, 1_000]) expect(spliced(before, continuation, size)).toBe(expected);
    });
  });

  it('a text that repeats itself is joined only from its beginning', () => {
    const waves = 'wave '.repeat(60);
    expect(spliced(waves, `${waves}and foam`)).toBe('and foam');
    expect(spliced(waves, `${'wave '.repeat(30)}and foam`)).toBeUndefined();
  });

  const anyText = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), minLength: 2, maxLength: 400 }),
    fc.string({ unit: 'grapheme', minLength: 2, maxLength: 400 }),
  );
  const cuts = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 50 }));

  it.each([
    ['a run of one character', '-'.repeat(200_000)],
    ['a line of a table, again and again', '| --- | --- |\n'.repeat(15_000)],
    ['words', story.repeat(600)],
  ])('is done in time that is in proportion to the text: %s', (_name, beginning) => {
    const text = `${beginning} and the tail of this text is not like anything before it, and it is longer than the anchor.`;
    const startMs = performance.now();
    expect(spliced(text, `${text}And so on.`, 40)).toBe('And so on.');
    expect(spliced(text, text.slice(1_000).replace('tail', 'head'), 40)).toBeUndefined();
    // A minute and more where every place is looked at again with every piece.
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  it('whatever the text and the place: what begins where it was asked to, or before, is joined to the whole', () => {
    fc.assert(
      fc.property(anyText, cuts, (whole, [at, back, size]) => {
        const cut = 1 + (at % (whole.length - 1));
        const broken = whole.slice(0, cut);
        const from = back % (brokenOff(broken).before.length + 1);
        // White space at the beginning of what came is not looked at, unless the text itself begins so.
        fc.pre(/^\S/.test(whole) && /^\S/.test(whole.slice(from)));
        const fresh = spliced(broken, whole.slice(from), size);
        // What goes on with the very words that it was asked to begin with may have said them twice.
        if (fresh === undefined) expect(whole.slice(cut).trimStart().startsWith(brokenOff(broken).anchor)).toBe(true);
        else expect(broken + fresh).toBe(whole);
      }),
      { numRuns: 3_000 },
    );
  });

  it('what begins anywhere else is not, or all the same to the whole', () => {
    const text = fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }), {
      minLength: 30,
      maxLength: 80,
    });
    fc.assert(
      fc.property(text, cuts, (parts, [at, back, size]) => {
        const whole = parts.join(' ');
        const cut = leastBroken + (at % (whole.length - leastBroken));
        const fresh = spliced(whole.slice(0, cut), whole.slice(back % (cut + 1)), size);
        if (fresh !== undefined) expect(whole.slice(0, cut) + fresh).toBe(whole);
      }),
      { numRuns: 3_000 },
    );
  });
});
