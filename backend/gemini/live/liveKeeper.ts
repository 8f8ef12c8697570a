import type { LiveServerMessage } from '@google/genai';
import type { Attempt } from '../../resilience/attempt.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { Loss } from './connecting.ts';
import { Departure } from './departure.ts';
import { Dialer } from './dialer.ts';
import type { LiveContext } from './liveContext.ts';
import type { LiveEnd, LiveMessage, LiveState } from './liveTypes.ts';
import { type Ending, maySurvive, notResumable, tooManyReconnects } from './losses.ts';
import type { Connection } from './openConnection.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { sensible } from './sensible.ts';
import { TurnWatch } from './turnWatch.ts';

/** Who is told of what happens to a session. */
export interface LiveListener {
  onMessage(message: LiveMessage): void;
  onEnd(end: LiveEnd): void;
}

/** What is known of a session whose connection has gone. */
type Gap = Omit<NonNullable<LiveMessage['resumed']>, 'resent'>;

/** Keeps one session going over connections that come and go. */
export class LiveKeeper {
  readonly #context: LiveContext;
  readonly #listener: LiveListener;
  readonly #turns = new TurnWatch();
  readonly #outbox: Outbox;
  readonly #departure: Departure;
  readonly #dialer: Dialer;
  /** Aborts when the session ends, and with it whatever is under way for it. */
  readonly #ending = new AbortController();
  readonly #deadCalls = new Set<string>();
  #state: LiveState = 'reconnecting';
  #connection: Connection | undefined;
  #handle: string | undefined;
  /** Has anything of the conversation been said on this connection; has anything of the conversation been said at all? */
  #isHeard = false;
  #isBegun = false;
  #isStarted = false;

  constructor(context: LiveContext, listener: LiveListener) {
    this.#context = context;
    this.#listener = listener;
    const { sessionResumption } = context.config;
    this.#handle = sessionResumption?.handle;
    this.#outbox = new Outbox(context, this.#turns, sessionResumption?.transparent === true);
    this.#dialer = new Dialer(context, () => this.#outbox.recent);
    this.#departure = new Departure(context.runtime, () => this.#leaveIfQuiet());
  }

  get state(): LiveState {
    return this.#state;
  }

  get attempts(): readonly Attempt[] {
    return this.#dialer.attempts;
  }

  /** The last handle by which the session can be resumed. */
  get handle(): string | undefined {
    return this.#handle;
  }

  /** Opens the first connection. @throws GeminiError, or the signal's own reason */
  async start(): Promise<Connection> {
    const { signal } = this.#context.options;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#onAbort);
    try {
      const connection = await this.#dial(undefined, undefined);
      this.#use(connection);
      return connection;
    } catch (error) {
      this.#state = 'closed';
      signal?.removeEventListener('abort', this.#onAbort);
      throw error;
    }
  }

  /** Sends a message, or keeps it until it can be sent. @throws GeminiError where too much waits already */
  send(message: Outgoing): void {
    const { responds } = message;
    if (responds.length > 0 && responds.every(id => this.#deadCalls.has(id))) return;
    this.#outbox.add(message);
  }

  /** Ends the session for good. */
  end(end: LiveEnd): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#context.options.signal?.removeEventListener('abort', this.#onAbort);
    this.#departure.cancel();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#outbox.shut();
    this.#ending.abort(end.by === 'abort' ? end.reason : undefined);
    void connection?.close();
    this.#listener.onEnd(end);
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#context.options.signal?.reason;
    if (this.#isStarted) this.end({ by: 'abort', reason });
    else this.#ending.abort(reason);
  };

  #dial(loss: Loss | undefined, leaving: Promise<void> | undefined): Promise<Connection> {
    return this.#dialer.dial({ signal: this.#ending.signal, handle: this.#handle, loss, leaving });
  }

  #use(connection: Connection, gap?: Gap): void {
    this.#connection = connection;
    this.#isHeard = false;
    this.#isStarted = true;
    this.#state = 'open';
    const resent = this.#outbox.open(connection);
    if (gap !== undefined) this.#listener.onMessage({ resumed: { ...gap, resent } } as LiveMessage);
    connection.receive(message => {
      if (this.#connection === connection) this.#take(message);
    });
    void connection.ended.then(error => {
      if (this.#connection === connection) this.#lost(error);
    });
  }

  #take(message: LiveServerMessage): void {
    const { isSetupComplete, ...heard } = sensible(message);
    if (isSetupComplete && this.#dialer.number > 1) return;
    // A server that gives a handle and then dies, each time, has said nothing.
    if (heard.serverContent !== undefined || heard.toolCall !== undefined) {
      this.#isHeard = true;
      this.#isBegun = true;
    }
    this.#turns.noteReceived(heard);
    const update = heard.sessionResumptionUpdate;
    if (update?.resumable && update.newHandle) {
      this.#handle = update.newHandle;
      this.#outbox.confirm(update);
    }
    if (heard.goAway !== undefined) this.#departure.announce(heard.goAway.timeLeft);
    this.#listener.onMessage(message);
    this.#leaveIfQuiet();
  }

  /** Where the server has said that it will cut the connection: leaves it in a moment in which nothing can be lost, or little. */
  #leaveIfQuiet(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#handle === undefined || this.#turns.isOpen) return;
    // A server that says so with every setup would be asked again and again without a wait: it shall cut the connection itself.
    if (this.#dialer.wasInVain(this.#isHeard)) return;
    const inDoubt = this.#outbox.unconfirmed - this.#outbox.toResend;
    if (!this.#departure.isWise(inDoubt) || this.#dialer.number > this.#context.maxReconnects) return;
    this.#connection = undefined;
    void this.#reconnect(undefined, connection.close());
  }

  #lost(error: unknown): void {
    this.#connection = undefined;
    const failure = this.#dialer.classify(error);
    const isAnnounced = this.#departure.isAnnounced && maySurvive(failure) && !this.#dialer.wasInVain(this.#isHeard);
    const end = this.#whyNot();
    // What cannot go on for a reason of its own says that; and no rule of the caller's makes it go on without its past.
    const shown = end !== undefined && (failure.retryable || isAnnounced) ? { ...failure, ...end } : failure;
    const loss = { ...this.#dialer.lossOf(error, shown, this.#isHeard), isFinal: end !== undefined };
    void this.#reconnect(isAnnounced && !loss.isFinal ? undefined : loss, undefined, failure);
  }

  /** Why a lost session cannot go on, whatever ended its connection. */
  #whyNot(): Ending | undefined {
    if (this.#handle === undefined && (this.#isBegun || this.#turns.sent > 0)) return notResumable;
    return this.#dialer.number > this.#context.maxReconnects ? tooManyReconnects : undefined;
  }

  async #reconnect(loss: Loss | undefined, leaving?: Promise<void>, because?: GeminiFailure): Promise<void> {
    this.#state = 'reconnecting';
    this.#departure.cancel();
    this.#outbox.shut();
    const cancelledCalls = this.#turns.openCalls;
    for (const id of cancelledCalls) this.#deadCalls.add(id);
    this.#outbox.dropResponses(cancelledCalls);
    const unconfirmed = this.#outbox.unconfirmed - this.#outbox.toResend;
    const gap = { turnLost: this.#turns.isOpen, unconfirmed, cancelledCalls, ...(because && { because }) };
    this.#turns.restart();
    try {
      const connection = await this.#dial(loss, leaving);
      if (this.#state === 'reconnecting') this.#use(connection, gap);
      else void connection.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#state !== 'closed') this.end({ by: 'failure', error: error as never });
  }
}
