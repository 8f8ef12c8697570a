import { GoogleApiErrorHandler } from '../backend/index.ts';
import { printBound } from './measure.ts';

/** An error as large as asked, of the shape that costs most to read: JSON in a string in JSON, with quotes to escape. */
function errorOf(bytes: number): Error {
  const inner = JSON.stringify({
    error: { code: 503, message: 'overloaded '.repeat(bytes / 11), status: 'UNAVAILABLE' },
  });
  return Object.assign(new Error(JSON.stringify({ error: { message: inner, code: 503 } })), {
    name: 'ApiError',
    status: 503,
  });
}

function fastestMs(error: Error): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 15; round += 1) {
    const startMs = performance.now();
    GoogleApiErrorHandler.classify(error);
    fastest = Math.min(fastest, performance.now() - startMs);
  }
  return fastest;
}

/** How classification grows with the size of an error. */
export function classification(): boolean {
  console.log('\nClassifying an error of growing size');
  for (const kilobytes of [1, 16, 64, 256, 1_024, 10_240]) {
    const ms = fastestMs(errorOf(kilobytes * 1_024));
    console.log(`  ${`${kilobytes} KB`.padStart(9)}  ${ms.toFixed(3).padStart(8)} ms`);
  }
  return printBound('classifying 10 MB', fastestMs(errorOf(10 * 1_024 * 1_024)), 50, 'ms');
}
