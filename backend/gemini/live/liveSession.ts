import type {
  LiveClientContextUpdate,
  LiveSendClientContentParameters,
  LiveSendRealtimeInputParameters,
  LiveSendToolResponseParameters,
  Session,
} from '@google/genai';
import type { Attempt } from '../../resilience/attempt.ts';
import { type GeminiError, isGeminiError } from '../geminiError.ts';
import { refusing } from '../settings/optionFailure.ts';
import { Inbox } from './inbox.ts';
import type { LiveContext } from './liveContext.ts';
import { checkClientContent, checkContextUpdate, checkRealtimeInput, checkToolResponse } from './liveInput.ts';
import { LiveKeeper } from './liveKeeper.ts';
import { noMessage, sessionClosed } from './liveRefusals.ts';
import type { LiveCallbacks, LiveEnd, LiveMessage, LiveState } from './liveTypes.ts';

/** What a callback of the caller's throws, or rejects with, is the caller's own, and must not end the session. */
function tell<T extends readonly unknown[]>(
  callback: ((...given: T) => unknown) | null | undefined,
  ...given: T
): void {
  try {
    const told = callback?.(...given);
    if (told instanceof Promise) told.catch(() => undefined);
  } catch {
    // As above.
  }
}

/** One message of the caller's on its way. */
interface Sending {
  /** @throws OptionError */
  readonly check: () => void;
  readonly asks?: boolean;
  readonly responds?: readonly string[];
}

const idsIn = (responses: LiveSendToolResponseParameters['functionResponses'] | undefined): string[] =>
  [responses ?? []].flat().flatMap(response => response?.id ?? []);

/**
 * A live session: the official client's methods for sending, and its messages in a loop. Where the connection is lost it goes on over
 * another, and a message with `resumed` says what that cost. Leaving the loop closes it.
 */
export class LiveSession implements AsyncIterable<LiveMessage>, AsyncDisposable {
  /** Resolves with what ended the session. Never rejects. */
  readonly closed: Promise<LiveEnd>;
  readonly #keeper: LiveKeeper;
  readonly #callbacks: LiveCallbacks;
  readonly #vertex: boolean;
  readonly #inbox = new Inbox<LiveMessage>();
  readonly #resolve: (end: LiveEnd) => void;
  #isLooped: boolean;
  #official: Session | undefined;
  #asks = false;
  #responds: readonly string[] = [];
  #end: LiveEnd | undefined;

  private constructor(context: LiveContext, callbacks: LiveCallbacks) {
    const { promise, resolve } = Promise.withResolvers<LiveEnd>();
    this.closed = promise;
    this.#resolve = resolve;
    this.#callbacks = callbacks;
    this.#vertex = context.vertex;
    this.#isLooped = !callbacks.onmessage;
    this.#keeper = new LiveKeeper(context, {
      onMessage: message => this.#deliver(message),
      onEnd: end => this.#finish(end),
    });
  }

  /** Begins a session. @throws GeminiError, or the signal's own reason where the caller aborted */
  static async open(context: LiveContext, callbacks: LiveCallbacks): Promise<LiveSession> {
    const session = new LiveSession(context, callbacks);
    await session.#start();
    return session;
  }

  get state(): LiveState {
    return this.#keeper.state;
  }

  /**
   * The connections that were tried, the last 1,000 of them, oldest first; `exchange` counts the connections of the session. The first attempt of a
   * reconnection is the connection that was lost, with what ended it.
   */
  get attempts(): readonly Attempt[] {
    return this.#keeper.attempts;
  }

  /** By this the session can be resumed elsewhere, as `config.sessionResumption.handle`; undefined until the server gives one. */
  get handle(): string | undefined {
    return this.#keeper.handle;
  }

  /** @throws GeminiError where the session has ended, too much waits already, or the parameters make no message */
  sendClientContent(parameters: LiveSendClientContentParameters): void {
    const check = () => checkClientContent(parameters);
    this.#send({ check, asks: parameters?.turnComplete !== false }, official => official.sendClientContent(parameters));
  }

  /** @throws as `sendClientContent` */
  sendRealtimeInput(parameters: LiveSendRealtimeInputParameters): void {
    const check = () => checkRealtimeInput(parameters);
    this.#send({ check }, official => official.sendRealtimeInput(parameters));
  }

  /** Is not sent where all its calls have died with their turn. @throws as `sendClientContent` */
  sendToolResponse(parameters: LiveSendToolResponseParameters): void {
    const check = () => checkToolResponse(parameters, this.#vertex);
    const responds = idsIn(parameters?.functionResponses);
    this.#send({ check, responds }, official => official.sendToolResponse(parameters));
  }

  /** @throws as `sendClientContent` */
  sendContextUpdate(parameters: LiveClientContextUpdate): void {
    const check = () => checkContextUpdate(parameters);
    this.#send({ check }, official => official.sendContextUpdate(parameters));
  }

  /** Ends the session. What waits to be sent is not sent. */
  close(): void {
    this.#keeper.end({ by: 'caller' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /**
   * The messages that come, and those that have come and nobody has taken. One loop at a time.
   * @throws from `next`, GeminiError where the session fails, or the signal's own reason where the caller aborted
   */
  [Symbol.asyncIterator](): AsyncIterator<LiveMessage, undefined> {
    this.#isLooped = true;
    return {
      next: () => this.#inbox.next(),
      return: async () => {
        this.close();
        this.#inbox.clear();
        return { done: true, value: undefined };
      },
    };
  }

  async #start(): Promise<void> {
    const { official } = await this.#keeper.start();
    const send = (text: string): void => this.#keeper.send({ text, asks: this.#asks, responds: this.#responds });
    // The client's own session, but for where it sends: it turns parameters into messages, and refuses wrong ones.
    this.#official = Object.create(official, { conn: { value: { send } } });
    tell(this.#callbacks.onopen);
  }

  #send({ check, asks = false, responds = [] }: Sending, send: (official: Session) => void): void {
    if (this.#end !== undefined || this.#official === undefined) throw this.#closedError();
    refusing(check);
    this.#asks = asks;
    this.#responds = responds;
    try {
      send(this.#official);
    } catch (cause) {
      if (isGeminiError(cause)) throw cause;
      throw noMessage(cause);
    }
  }

  #closedError(): GeminiError {
    return this.#end?.by === 'failure' ? this.#end.error : sessionClosed(this.attempts);
  }

  #deliver(message: LiveMessage): void {
    if (this.#isLooped) this.#inbox.add(message);
    tell(this.#callbacks.onmessage, message);
  }

  #finish(end: LiveEnd): void {
    this.#end = end;
    if (end.by === 'caller') this.#inbox.end();
    else this.#inbox.end({ error: end.by === 'abort' ? end.reason : end.error });
    if (end.by === 'failure')
      tell(this.#callbacks.onerror, { type: 'error', message: end.error.message, error: end.error });
    const hasFailed = end.by === 'failure';
    const reason = hasFailed ? end.error.failure.reason : '';
    tell(this.#callbacks.onclose, { type: 'close', code: hasFailed ? 1006 : 1000, reason, wasClean: !hasFailed });
    this.#resolve(end);
  }
}
