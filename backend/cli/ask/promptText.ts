import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { systemRuntime } from '../../resilience/wholeRuntime.ts';
import { FlagError } from '../flags.ts';

/** After how many milliseconds of silence a person is told that the command reads. */
const patienceMs = 2_000;

/** Where a prompt may come from. */
export interface PromptSource {
  /** As typed; `-` stands for standard input. */
  readonly words: readonly string[];
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
  /** Told once when standard input keeps us waiting. */
  readonly onWait: () => void;
}

/** A pipe or a file was put there to be read; `/dev/null`, or nothing at all, was not. */
function holdsText({ isTTY }: PromptSource['stdin']): boolean {
  if (isTTY) return false;
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    // Standard input is closed.
    return false;
  }
}

async function readAll({ stdin, signal, onWait }: PromptSource): Promise<string> {
  const cancel = systemRuntime.setTimer(patienceMs, onWait);
  try {
    return await text(addAbortSignal(signal, stdin));
  } finally {
    cancel();
  }
}

/**
 * What to ask: the words of the command line, then the text of standard input.
 * @throws FlagError where there is nothing to ask, or nothing that is text
 */
export async function promptText(source: PromptSource): Promise<string> {
  const { words, stdin } = source;
  const typed = words.filter(word => word !== '-').join(' ');
  const reads = words.includes('-') || holdsText(stdin);
  const piped = reads ? (await readAll(source)).trimEnd() : '';
  if (piped.includes('\0')) throw new FlagError('standard input', 'binary data', 'text');
  const prompt = [typed, piped].filter(part => part.trim() !== '').join('\n\n');
  if (prompt === '') {
    throw new FlagError(
      'prompt',
      'empty',
      'a text, as arguments or on standard input, for instance: ask "Why is the sky blue?"',
    );
  }
  return prompt;
}
