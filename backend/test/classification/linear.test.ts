import { describe, expect, it } from 'vitest';
import { redact } from '../../gemini/classification/redact.ts';
import { GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';

/** Texts that hurt a parser which looks twice: openings, quotes, escapes, half-matched forms, all without end. */
const bricks: readonly string[] = [
  'x',
  '{"a":',
  '[{',
  '{ ',
  "{'a': '",
  '{\\"a\\": ',
  '"',
  '\\',
  '`',
  " 'a ",
  'retry in ',
  '1h',
  '9',
  'limit: ',
  'quota exceeded for metric: ',
  'Requests from referer ',
  'model ',
  'unknown name function_declarations[0].parameters ',
  'response_schema.',
  'project ',
  'AIza',
  'eyJ',
  'Bearer ',
  '-----BEGIN PRIVATE KEY-----',
  'api_key=',
  'status: ',
  'metadata {\n',
  ' ',
  '\n',
];

const kilobyte = 1_024;
const built = (brick: string, length: number): string =>
  brick.repeat(Math.ceil(length / brick.length)).slice(0, length);

/** The best of several runs, because a pause of the machine is no property of the code. */
function bestMs(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Below this a ratio measures the timer. */
const noiseMs = 3;

describe('the work grows no faster than the error', () => {
  it.each(bricks)('classify: %j without end', brick => {
    const timed = (length: number): number => {
      const text = built(brick, length);
      const error = Object.assign(new Error(text), { status: 400 });
      return bestMs(() => {
        GoogleApiErrorHandler.classify(error);
        GoogleApiErrorHandler.classify({ status: 429, body: text });
        GoogleApiErrorHandler.classify(new Error(text));
      });
    };
    const small = timed(32 * kilobyte);
    // Eight times the text: quadratic work would take 64 times as long.
    expect(timed(256 * kilobyte)).toBeLessThan(24 * Math.max(small, noiseMs));
  });

  it.each(bricks)('redact: %j without end', brick => {
    const timed = (length: number): number => bestMs(() => redact(built(brick, length)));
    const small = timed(32 * kilobyte);
    expect(timed(256 * kilobyte)).toBeLessThan(24 * Math.max(small, noiseMs));
  });

  it('10 MB cost no more than the first 256 KB', () => {
    for (const brick of bricks) {
      const short = new Error(built(brick, 256 * kilobyte));
      const long = new Error(built(brick, 10 * kilobyte * kilobyte));
      const shortMs = bestMs(() => GoogleApiErrorHandler.classify(short));
      expect(bestMs(() => GoogleApiErrorHandler.classify(long))).toBeLessThan(4 * Math.max(shortMs, noiseMs));
    }
  }, 60_000);

  it('a hundred errors of 10 MB cost no more than a few of 256 KB', () => {
    for (const brick of ['{"a":', '{\\"a\\": ', 'x']) {
      const short = new Error(built(brick, 256 * kilobyte));
      const long = built(brick, 10 * kilobyte * kilobyte);
      const many = new AggregateError(
        Array.from({ length: 100 }, (_, index) => new Error(`${long}${index}`)),
        long,
      );
      const shortMs = bestMs(() => GoogleApiErrorHandler.classify(short));
      expect(bestMs(() => GoogleApiErrorHandler.classify(many))).toBeLessThan(12 * Math.max(shortMs, noiseMs));
    }
  }, 60_000);

  it('a wide and deep error is not visited to its end', () => {
    let reads = 0;
    const wide = new Proxy(new Array(100_000).fill(0), {
      get: (target, key) => {
        reads += 1;
        return key === 'length' ? target.length : { message: 'x', errors: wide };
      },
    });
    GoogleApiErrorHandler.classify({ errors: wide, details: wide });
    expect(reads).toBeLessThan(250_000);
  });
});
