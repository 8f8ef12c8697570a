import type { LiveConnectConfig } from '@google/genai';
import type { Attempt } from '../../resilience/attempt.ts';
import type { AttemptContext } from '../../resilience/attemptContext.ts';
import type { GeminiFailure } from '../reasons.ts';
import { cleaner } from '../seam/promptMask.ts';
import { understand } from '../seam/understand.ts';
import { connecting, type Loss } from './connecting.ts';
import type { LiveContext } from './liveContext.ts';
import { type Connection, openConnection } from './openConnection.ts';

/** A connection that was lost so soon, without a word, was as good as none. In milliseconds. */
const shortLivedMs = 10_000;

/** So many attempts are remembered of a session that may last for months. */
const mostAttempts = 1_000;

/** What a connection is opened with. */
export interface Dialling {
  /** Ends it, and all further ones. */
  readonly signal: AbortSignal;
  /** The session to be resumed; undefined: a new one. */
  readonly handle: string | undefined;
  /** What was lost; undefined where this is the first connection, or the last one was left in time. */
  readonly loss: Loss | undefined;
  /** Resolves when the last connection is gone. */
  readonly leaving: Promise<void> | undefined;
}

/** Makes the connections of one session, one after the other, and reads what goes wrong with them. */
export class Dialer {
  readonly #context: LiveContext;
  /** The last messages that were sent: a server may quote them in what it says of them. */
  readonly #recent: () => readonly string[];
  #number = 0;
  #openedMs = 0;
  readonly #attempts: Attempt[] = [];
  #failuresInARow: readonly Attempt[] = [];
  #tokenRefused = false;

  constructor(context: LiveContext, recent: () => readonly string[]) {
    this.#context = context;
    this.#recent = recent;
  }

  /** How many connections there have been, or been tried for. */
  get number(): number {
    return this.#number;
  }

  /** The last attempts so far, up to 1,000, oldest first. */
  get attempts(): readonly Attempt[] {
    return this.#attempts.slice(-mostAttempts);
  }

  /** Reads what ended a connection, or an attempt at one, and leaves nothing in it that may not be shown. */
  readonly classify = (error: unknown): GeminiFailure => {
    const { secrets, credentials } = this.#context;
    const failure = understand(error, this.#said(), secrets);
    const isFirst = !this.#tokenRefused;
    this.#tokenRefused = credentials !== undefined && failure.status === 401;
    // A token may die between its check and the server's: the first refusal is worth a fresh one.
    return this.#tokenRefused && isFirst ? { ...failure, retryable: true } : failure;
  };

  /** Was the connection that was opened last as good as none? @param wasHeard whether anything of the conversation had come over it */
  wasInVain(wasHeard: boolean): boolean {
    return !wasHeard && this.#context.runtime.now() - this.#openedMs < shortLivedMs;
  }

  /** The loss of the connection that was opened last. */
  lossOf(error: unknown, failure: GeminiFailure, wasHeard: boolean): Loss {
    const wasShort = this.wasInVain(wasHeard);
    const exchange = this.#number + 1;
    const before = wasShort ? this.#failuresInARow.map(attempt => ({ ...attempt, exchange })) : [];
    return { failed: { ok: false, failure, error }, sinceMs: this.#openedMs, before };
  }

  /** Opens the next connection. @throws GeminiError, or the signal's own reason */
  async dial({ signal, handle, loss, leaving }: Dialling): Promise<Connection> {
    this.#number += 1;
    const open = async (context: AttemptContext): Promise<Connection> => {
      // The service refuses a handle while the connection that it was given on is still open.
      await leaving;
      return this.#open(handle, context.signal);
    };
    const { calls, model, options, connectTimeoutMs, runtime } = this.#context;
    const { number, classify } = this;
    const given = { model, number, signal, connectTimeoutMs, options, loss, open, classify };
    const { connection, attempts } = await connecting(calls, given);
    this.#attempts.push(...attempts.slice(loss?.before.length ?? 0));
    // In stretches: a session of months makes a connection every few minutes.
    if (this.#attempts.length > 2 * mostAttempts) this.#attempts.splice(0, this.#attempts.length - mostAttempts);
    this.#failuresInARow = attempts.filter(({ failure }) => failure !== undefined);
    this.#openedMs = runtime.now();
    this.#tokenRefused = false;
    return connection;
  }

  async #open(handle: string | undefined, signal: AbortSignal): Promise<Connection> {
    const { live, model, runtime, credentials, idleTimeoutMs, openSocket: open } = this.#context;
    if (this.#tokenRefused) await credentials?.expire();
    const config: LiveConnectConfig = { ...this.#context.config };
    config.sessionResumption = { ...config.sessionResumption, ...(handle !== undefined && { handle }) };
    const clean = (text: string): string => cleaner(this.#said(), this.#context.secrets)(text);
    return openConnection(live, { model, config, signal, socket: { runtime, open, idleTimeoutMs, clean } });
  }

  #said(): string {
    return `[${[JSON.stringify(this.#context.config), ...this.#recent()].join()}]`;
  }
}
