import type { Writable } from 'node:stream';
import { systemRuntime } from '../../resilience/wholeRuntime.ts';
import type { Screen } from '../colors.ts';
import { withoutControls } from '../wording.ts';
import type { Stopping } from './stopping.ts';

/** A reader that has seen enough: `head -1` closes the pipe. */
const readerGone = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/** Standard output: waits for a slow reader, and knows when nobody reads any more. */
export class AnswerOutput {
  /** Characters of the answer that were written. */
  characters = 0;
  /** Why nothing more can be written, where that is not the reader's own wish. */
  broken: Error | undefined;
  readonly #stream: Writable & Screen;
  readonly #stopping: Stopping;
  #endsLine = true;
  #written: Promise<void> = Promise.resolve();

  constructor(stream: Writable & Screen, stopping: Stopping) {
    this.#stream = stream;
    this.#stopping = stopping;
    stream.on('error', error => this.#fail(error));
  }

  /** Resolves when the text is on its way, or when the command is stopped. */
  async write(text: string): Promise<void> {
    const { signal } = this.#stopping;
    if (text === '' || signal.aborted) return;
    this.characters += text.length;
    this.#endsLine = text.endsWith('\n');
    // What a program reads is the answer as it is; what a terminal shows must not command it.
    const shown = this.#stream.isTTY ? withoutControls(text) : text;
    this.#written = new Promise(resolve => this.#stream.write(shown, () => resolve()));
    await new Promise<void>(resolve => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end);
      this.#written.then(end);
    });
  }

  /** Resolves when what was written has left, or when the reader, a pager say, has let the time pass. */
  async flushed(ms: number): Promise<void> {
    await Promise.race([this.#written, systemRuntime.sleep(ms)]);
  }

  /** Ends the last line where a person would otherwise find the prompt of the shell behind it. */
  endLine(): void {
    if (!this.#endsLine && this.#stream.isTTY) this.#stream.write('\n');
    this.#endsLine = true;
  }

  #fail(error: NodeJS.ErrnoException): void {
    const gone = readerGone.has(error.code ?? '');
    if (!gone) this.broken = error;
    this.#stopping.stop(gone ? 'reader-gone' : 'cannot-write');
  }
}
