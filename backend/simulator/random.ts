/** Chance that can be replayed: the same seed and the same key give the same number on every machine. */

import { createHash } from 'node:crypto';

/** A number in [0, 1) that depends on nothing but the seed and the key. */
export function drawFor(seed: number, key: string): number {
  return createHash('sha256').update(`${seed}\n${key}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** A short name for a value that must not appear itself: twelve hexadecimal digits of its SHA-256. */
export function fingerprint(value: string | Uint8Array): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 12);
}
