import type { LiveServerSessionResumptionUpdate } from '@google/genai';
import { GeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { TurnWatch } from './turnWatch.ts';

/** What takes messages away. */
export interface Link {
  send(text: string): void;
  /** Bytes that were sent and that the network has not taken yet. */
  readonly bufferedBytes: number;
}

/** A message on its way to the server, as it goes over the wire. */
export interface Outgoing {
  readonly text: string;
  /** Does it ask for an answer? */
  readonly asks: boolean;
  /** Ids of function calls that it responds to. */
  readonly responds: readonly string[];
}

/** How much may wait. */
export interface OutboxLimits {
  readonly maxBufferedMessages: number;
  readonly maxBufferedBytes: number;
}

/** So many messages are looked at for words that a server may quote. */
const mostRecent = 8;

const encoder = new TextEncoder();

const bytesIn = (text: string): number => encoder.encode(text).length;

function full(what: string, option: string, most: number): GeminiError {
  const failure: GeminiFailure = {
    errorClass: 'request',
    reason: 'client-config',
    retryable: false,
    delivery: 'unsent',
    rule: 'live-buffer-full',
    evidence: option,
    message: `More than ${most} ${what} would wait to be sent (${option}).`,
    advice: 'This message was not taken: send less while the session reconnects, or allow more to wait.',
  };
  return new GeminiError({ failure, attempts: [] });
}

/**
 * Everything that the caller sends, in order. It waits here while there is no connection. With indices from the server
 * (`sessionResumption.transparent`) what was sent is kept until the server has consumed it, and sent again over the next connection
 * where it had not.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #turns: TurnWatch;
  readonly #keepsSent: boolean;
  #link: Link | undefined;
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  #recent: readonly string[] = [];
  /** What was sent on this connection and is not known to be consumed, the first of them having the index `#firstIndex`. */
  #sent: Outgoing[] = [];
  #sentBytes = 0;
  /** The setup has the index 0. */
  #firstIndex = 1;
  /** How many had been sent when this connection was opened. */
  #before = 0;
  /** How many were sent when the state was taken that the last handle stands for, as far as the server has shown. */
  #confirmed = 0;
  /** Has the server said by an index what the last handle stands for? */
  #isExact = false;

  constructor(limits: OutboxLimits, turns: TurnWatch, keepsSent: boolean) {
    this.#limits = limits;
    this.#turns = turns;
    this.#keepsSent = keepsSent;
  }

  /** Messages that may not be part of the state that the last handle stands for. */
  get unconfirmed(): number {
    return this.#turns.sent - this.#confirmed;
  }

  /** Those of them that will be sent again, because they are known not to be. */
  get toResend(): number {
    return this.#isExact ? this.#sent.length : 0;
  }

  /** The last messages that were sent, for taking their words out of errors. */
  get recent(): readonly string[] {
    return this.#recent;
  }

  /** Sends it, or keeps it until there is a connection. @throws GeminiError where too much waits already */
  add(message: Outgoing): void {
    const { maxBufferedMessages, maxBufferedBytes } = this.#limits;
    const bytes = bytesIn(message.text);
    const inLine = this.#waitingBytes + (this.#link?.bufferedBytes ?? 0);
    if (inLine > 0 && inLine + bytes > maxBufferedBytes) throw full('bytes', 'maxBufferedBytes', maxBufferedBytes);
    if (this.#link !== undefined) {
      this.#transmit(message, this.#link);
      return;
    }
    if (bytes > maxBufferedBytes) throw full('bytes', 'maxBufferedBytes', maxBufferedBytes);
    if (this.#waiting.length >= maxBufferedMessages) throw full('messages', 'maxBufferedMessages', maxBufferedMessages);
    this.#waiting.push(message);
    this.#waitingBytes += bytes;
  }

  /** The session has a connection: sends what was not consumed, then what waits. How many were sent again? */
  open(link: Link): number {
    // No handle is given out while a call is open, so that a response has no call in the state that is resumed.
    const again = this.#isExact ? this.#sent.filter(({ responds }) => responds.length === 0) : [];
    const waiting = this.#waiting;
    this.#forgetSent();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#before = this.#turns.sent;
    this.#confirmed = this.#before;
    this.#link = link;
    for (const message of [...again, ...waiting]) this.#transmit(message, link);
    return again.length;
  }

  /** The session has no connection for a while. */
  shut(): void {
    this.#link = undefined;
  }

  /** Takes what waits, and responds only to these calls, out of the line. */
  dropResponses(ids: readonly string[]): void {
    const dead = new Set(ids);
    const isDead = ({ responds }: Outgoing): boolean => responds.length > 0 && responds.every(id => dead.has(id));
    this.#waiting = this.#waiting.filter(message => !isDead(message));
    this.#waitingBytes = this.#waiting.reduce((sum, { text }) => sum + bytesIn(text), 0);
  }

  /** There is a new handle: what is part of its state need not be kept, or counted as in doubt. */
  confirm({ lastConsumedClientMessageIndex: index }: LiveServerSessionResumptionUpdate): void {
    this.#isExact = index !== undefined;
    if (index === undefined) {
      this.#confirmed = Math.max(this.#confirmed, this.#turns.answered);
      return;
    }
    const last = Math.min(Number(index), this.#turns.sent - this.#before);
    for (; this.#firstIndex <= last && this.#sent.length > 0; this.#firstIndex += 1) this.#dropOldest();
    this.#confirmed = this.#before + last;
  }

  #transmit(message: Outgoing, link: Link): void {
    link.send(message.text);
    this.#turns.noteSent(message.asks);
    this.#turns.noteResponse(message.responds);
    this.#recent = [...this.#recent.slice(1 - mostRecent), message.text];
    if (!this.#keepsSent) return;
    this.#sent.push(message);
    this.#sentBytes += bytesIn(message.text);
    // What is dropped here counts as in doubt: the server's index is the only proof, and it did not come.
    for (; this.#sentBytes > this.#limits.maxBufferedBytes; this.#firstIndex += 1) this.#dropOldest();
  }

  #dropOldest(): void {
    this.#sentBytes -= bytesIn(this.#sent.shift()?.text ?? '');
  }

  #forgetSent(): void {
    this.#sent = [];
    this.#sentBytes = 0;
    this.#firstIndex = 1;
  }
}
