import { restoreLong } from '../../resilience/longStrings.ts';
import type { AsyncRuntime } from '../../resilience/runtime.ts';
import type { GeminiCall } from './geminiCall.ts';

let streams = 0;

/** What the marks of one stream's long strings begin with: no answer holds it by chance, and none can guess it. */
export function nextMark({ random }: AsyncRuntime): string {
  streams += 1;
  return `long${random().toString(36).slice(2)}x${streams}x`;
}

/** Puts the long strings of a call's stream back into one of its pieces. Each stands in one place, and is forgotten then. */
export function withLong<T>(piece: T, { long }: Pick<GeminiCall, 'long'>): T {
  if (long === undefined || long.size === 0) return piece;
  const get = (mark: string): string | undefined => {
    const value = long.get(mark);
    long.delete(mark);
    return value;
  };
  return restoreLong(piece, { get });
}
