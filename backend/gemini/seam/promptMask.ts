import type { Failure } from '../../resilience/failure.ts';
import { redact } from '../classification/redact.ts';

/** Shorter prompts are words that an error message may hold by chance. */
const shortestMasked = 8;

/** An echo is found by its first characters: servers quote the beginning and cut the rest. */
const probeLength = 24;

const mark = '[prompt]';

/** Every text that the request sends to the model. */
function promptTexts(body: string): readonly string[] {
  const texts: string[] = [];
  const visit = (key: string, value: unknown): unknown => {
    if (typeof value === 'string' && (key === 'text' || key === 'input') && value.length >= shortestMasked)
      texts.push(value);
    return value;
  };
  try {
    JSON.parse(body, visit);
  } catch {
    // Not JSON: an upload, which holds no prompt.
  }
  return texts;
}

function maskOne(message: string, prompt: string): string {
  const probe = prompt.slice(0, probeLength);
  let masked = '';
  let from = 0;
  for (let at = message.indexOf(probe); at >= 0; at = message.indexOf(probe, from)) {
    let length = probe.length;
    while (length < prompt.length && message[at + length] === prompt[length]) length += 1;
    masked += message.slice(from, at) + mark;
    from = at + length;
  }
  return masked + message.slice(from);
}

/** The failure without secrets, and without the request's own prompt in case the server quoted it. */
export function masked<F extends Failure>(failure: F, body: string | undefined, secrets: readonly string[]): F {
  const texts = body === undefined ? [] : promptTexts(body);
  const clean = (text: string): string => redact(texts.reduce(maskOne, text), secrets);
  return { ...failure, message: clean(failure.message), evidence: clean(failure.evidence) };
}
