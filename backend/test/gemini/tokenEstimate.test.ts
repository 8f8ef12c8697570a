import { describe, expect, it } from 'vitest';
import { TokenEstimate } from '../../gemini/seam/tokenEstimate.ts';
import { mulberry } from '../e2e/virtualGemini.ts';

const image = { inlineData: { mimeType: 'image/png', data: 'A'.repeat(20_000) } };
const bodyOf = (text: string, images = 0): string =>
  JSON.stringify({ contents: [{ role: 'user', parts: [{ text }, ...Array<object>(images).fill(image)] }] });

/** A text of a length by chance, and its tokens as this model would count them. */
type Sample = (random: () => number) => readonly [body: string, tokens: number];

const length = (random: () => number): number => Math.ceil(10 * 10 ** (random() * 3));

describe('the estimate of input tokens', () => {
  const prose: Sample = random => {
    const words = length(random);
    return [bodyOf('word '.repeat(words)), 2 + words * 1.1];
  };
  const chinese: Sample = random => {
    const signs = length(random);
    return [bodyOf('水'.repeat(signs)), 2 + signs * 0.9];
  };
  const code: Sample = random => {
    const lines = length(random);
    return [bodyOf('x=foo(1);'.repeat(lines)), 2 + lines * 6];
  };
  const pictures: Sample = random => {
    const words = length(random);
    return [bodyOf('look '.repeat(words), 2), 2 + words + 2 * 258];
  };
  const all = [prose, chinese, code, pictures];
  const mixed: Sample = random => (all[Math.floor(random() * all.length)] ?? prose)(random);

  it.each([
    ['prose', prose],
    ['a script that is not ASCII', chinese],
    ['code', code],
    ['pictures', pictures],
    ['all of them in turn', mixed],
  ])('is within a fifth of the truth, for nine calls in ten, after 50: %s', (_name, sample) => {
    const random = mulberry(7);
    const estimate = new TokenEstimate();
    let good = 0;
    for (let call = 0; call < 250; call += 1) {
      const [body, tokens] = sample(random);
      if (call >= 50 && Math.abs(estimate.of('m', body) - tokens) <= 0.2 * tokens) good += 1;
      estimate.learn('m', body, Math.round(tokens));
    }
    expect(good / 200).toBeGreaterThanOrEqual(0.9);
  });

  it('learns for each model by itself, and knows about four characters to a token before', () => {
    const estimate = new TokenEstimate();
    const body = bodyOf('word '.repeat(400));
    expect(estimate.of('a', body)).toBeGreaterThan(400);
    expect(estimate.of('a', body)).toBeLessThan(600);
    for (let call = 0; call < 50; call += 1) estimate.learn('a', body, 4_000);
    expect(Math.abs(estimate.of('a', body) - 4_000)).toBeLessThan(400);
    expect(estimate.of('b', body)).toBeLessThan(600);
  });

  it('is a whole number of at least 1, whatever it is given', () => {
    const estimate = new TokenEstimate();
    for (const body of [undefined, '', '{}', '\u0000', '"data":"', 'x'.repeat(1_000_000)]) {
      for (const tokens of [0, -5, Number.NaN, 1]) estimate.learn('m', body, tokens);
      const guess = estimate.of('m', body);
      expect(Number.isInteger(guess) && guess >= 1).toBe(true);
    }
  });
});
