import type { Provider } from '../../resilience/provider.ts';
import type { OpenChoices, StreamSign } from '../../resilience/streamSign.ts';
import { statedStatus } from '../classification/statedStatus.ts';
import { BadAnswer } from './badAnswer.ts';
import type { StreamDecoder } from './streamDecoder.ts';

const encoder = new TextEncoder();

/** How far the answer in a stream has come, by its events. */
export class AnswerWatch {
  readonly #response: Response;
  readonly #decoder: StreamDecoder | undefined;
  readonly #provider: Provider;
  readonly #open: OpenChoices = new Set();
  #sawEnd = false;
  /** The first error among the events. */
  error: BadAnswer | undefined;
  /** Has there been anything that decides whether it is an answer? */
  hasBegun = false;

  /** @param decoder undefined where the body has no events */
  constructor(response: Response, decoder: StreamDecoder | undefined, provider: Provider) {
    this.#response = response;
    this.#decoder = decoder;
    this.#provider = provider;
  }

  /** An answer that has begun beside others may still be open when one of them is at its end. */
  get isWhole(): boolean {
    return this.#sawEnd && this.#open.size === 0;
  }

  /** Reads what has come. Says whether it is a sign of life: comments keep a connection open, not an answer. */
  take(bytes: Uint8Array): boolean {
    for (const data of this.#decoder?.push(bytes) ?? []) this.#look(data);
    return this.#decoder?.moved ?? true;
  }

  /** Nothing more will come. Says whether the answer was cut off: without a mark of its own, what said nothing at all is still none. */
  end(): boolean {
    for (const data of this.#decoder?.end() ?? []) this.#look(data);
    if (this.#decoder === undefined || this.error !== undefined || this.isWhole) return false;
    return this.#provider.marksEnd || !this.hasBegun;
  }

  #look(data: string): void {
    const sign = this.#signOf(data);
    if (sign !== 'opening') this.hasBegun = true;
    if (sign === 'end') this.#sawEnd = true;
    if (sign !== 'error') return;
    this.error ??= new BadAnswer(this.#response, encoder.encode(data), statedStatus(data));
  }

  #signOf(data: string): StreamSign {
    return this.#decoder?.isError(data) ? 'error' : this.#provider.readEvent(data, this.#open);
  }
}
