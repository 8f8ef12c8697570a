import { withinLimits } from '../../resilience/limits.ts';
import type { GeminiCall } from './geminiCall.ts';

/** The status is known: a body that explains it is worth this much waiting, in milliseconds. */
const patienceMs = 5_000;

/** And this many bytes: classification reads no more of any text. */
const mostBytes = 262_144;

/**
 * The body of a bad answer, as far as it comes. A status with a body that is cut, garbled or stalls is still that status, so this
 * never throws.
 */
export async function errorBody({ body }: Response, { runtime, signal }: GeminiCall): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  const read = async (): Promise<void> => {
    while (bytes < mostBytes) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  };
  await withinLimits({ runtime, timeoutMs: patienceMs, signal }, read).catch(() => undefined);
  // Frees the socket of what was not read.
  reader.cancel().catch(() => undefined);
  return text;
}
