import type { GoogleGenAI } from '@google/genai';
import type { AttemptContext } from '../../resilience/attemptContext.ts';

/** What an operation of `makeApiCallWithRetry` is given for one attempt. */
export class ApiCallContext {
  readonly #attempt: AttemptContext;
  readonly #open: (signal: AbortSignal) => GoogleGenAI;
  #client: GoogleGenAI | undefined;

  constructor(attempt: AttemptContext, open: (signal: AbortSignal) => GoogleGenAI) {
    this.#attempt = attempt;
    this.#open = open;
  }

  /** Which attempt this is, from 1. */
  get attempt(): number {
    return this.#attempt.attempt;
  }

  /** Aborts when the attempt's time is up, or the caller aborts. */
  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  /** The official client, whose requests end with the attempt and are not repeated by themselves. */
  get sdk(): GoogleGenAI {
    this.#client ??= this.#open(this.signal);
    return this.#client;
  }
}
