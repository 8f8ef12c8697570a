/** Texts that depend on nothing but the prompt, and their length in tokens. */

import { drawFor } from './random.ts';

const words =
  'the river carries small stones slowly down to a wide and quiet sea where every wave writes one more line about patience and time'.split(
    ' ',
  );

/** The simulator's own answer: an echo, then enough sentences that a stream has something to send. */
export function defaultAnswer(prompt: string): string {
  const sentences = Array.from({ length: 3 }, (_, sentence) => {
    const start = Math.floor(drawFor(sentence, prompt) * words.length);
    const picked = Array.from({ length: 9 }, (_, word) => words[(start + word) % words.length]);
    return `${picked.join(' ')}.`;
  });
  return [`Echo: ${prompt}`, ...sentences].join(' ');
}

/** About four characters a token, as the service itself advises to estimate. */
export function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The text in pieces of about so many characters, cut after spaces, at least two where it has two words. */
export function pieces(text: string, characters: number): readonly string[] {
  const size = Math.max(1, Math.min(characters, Math.ceil(text.length / 2)));
  const parts: string[] = [];
  let part = '';
  for (const word of text.split(/(?<= )/)) {
    part += word;
    if (part.length < size) continue;
    parts.push(part);
    part = '';
  }
  if (part !== '' || parts.length === 0) parts.push(part);
  return parts;
}
