import type { Writable } from 'node:stream';
import type { ResilienceEvent } from '../../resilience/events.ts';
import { systemRuntime } from '../../resilience/wholeRuntime.ts';
import { colorsFor, type Screen } from '../colors.ts';
import { widthOf } from '../width.ts';
import { attemptInWords, failureInWords, shortened, waitInWords } from '../wording.ts';

type Wait = Extract<ResilienceEvent, { type: 'retry-wait' }>;
type Resume = Extract<ResilienceEvent, { type: 'resume' }>;
type Held = Extract<ResilienceEvent, { type: 'gate-wait' }>;

/** Shorter waits for a quota are not worth a line. In milliseconds. */
const shownFromMs = 500;

/** Puts the cursor at the start of the line and empties the line. */
const clearLine = '\r\u001b[2K';

/**
 * Shows on stderr why an answer keeps a person waiting: one line for each wait. On a terminal the seconds count down in it until
 * the next attempt begins; the line then stays, without them.
 */
export class RetryView {
  readonly #stream: Writable & Screen;
  #settle: (() => void) | undefined;
  #cancel = (): void => {};

  constructor(stream: Writable & Screen) {
    this.#stream = stream;
  }

  readonly onEvent = (event: ResilienceEvent): void => {
    if (event.type === 'retry-wait') this.#wait(event);
    else if (event.type === 'resume') this.#resume(event);
    else if (event.type === 'gate-wait') this.#held(event);
    else if (event.type !== 'attempt-end') this.end();
  };

  /** Leaves the line as it shall stay. */
  end(): void {
    this.#cancel();
    this.#settle?.();
    this.#settle = undefined;
  }

  #wait(wait: Wait): void {
    const { attempt, attemptsAllowed, delayMs, failure } = wait;
    const rest = ` · ${waitInWords(wait)} · ${attemptInWords(attempt + 1, attemptsAllowed)}`;
    const line = (more: string): string => this.#painted(failureInWords(failure), `${rest}${more}`);
    this.#show(delayMs, line);
  }

  #resume({ delayMs, failure }: Resume): void {
    this.#show(delayMs, more => this.#painted(failureInWords(failure), ` · goes on with the answer${more}`));
  }

  #show(ms: number, line: (more: string) => string): void {
    if (!this.#stream.isTTY) return void this.#stream.write(`${line('')}\n`);
    this.#settle = () => this.#stream.write(`${clearLine}${line('')}\n`);
    this.#countDown(systemRuntime.now() + ms, line);
  }

  #held({ position, expectedMs }: Held): void {
    if (expectedMs < shownFromMs) return;
    const line = (more: string): string => this.#painted('waiting for the quota', ` · ${position} before it${more}`);
    this.#show(expectedMs, line);
  }

  #countDown(endMs: number, line: (more: string) => string): void {
    const leftMs = endMs - systemRuntime.now();
    const seconds = Math.ceil(leftMs / 1_000);
    this.#stream.write(`${clearLine}${line(seconds > 0 ? ` · ${seconds} s…` : ' · now')}`);
    if (seconds <= 0) return;
    const untilNextMs = leftMs - (seconds - 1) * 1_000;
    this.#cancel = systemRuntime.setTimer(untilNextMs, () => this.#countDown(endMs, line));
  }

  /** Cut to the width of the terminal: what wraps cannot be written over. */
  #painted(what: string, rest: string): string {
    const { yellow, dim } = colorsFor(this.#stream);
    const room = widthOf(this.#stream) - 1;
    const whole = shortened(`${what}${rest}`, room);
    return yellow(whole.slice(0, what.length)) + dim(whole.slice(what.length));
  }
}
