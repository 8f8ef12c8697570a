import type { SensibleMessage } from './sensible.ts';

/**
 * Which turns have been answered, counted by the messages that asked for them. A message is known to be part of the session's state
 * once an answer that it, or a later one, asked for has ended: only the server's own reaction proves that it was read.
 */
export class TurnWatch {
  /** Messages sent on this session. */
  #sent = 0;
  /** The numbers of messages that asked for an answer which has not ended. */
  #asking: number[] = [];
  /** How many messages had been sent when the answer under way began; undefined while the model is silent. */
  #speakingSince: number | undefined;
  /** Every message up to this one has been answered. */
  #answered = 0;
  readonly #calls = new Set<string>();

  /** Is an answer under way, or awaited? */
  get isOpen(): boolean {
    return this.#speakingSince !== undefined || this.#asking.length > 0;
  }

  get sent(): number {
    return this.#sent;
  }

  /** The last message that the server has shown to have read, by its number. */
  get answered(): number {
    return this.#answered;
  }

  /** Function calls that the server has made and not seen answered. */
  get openCalls(): readonly string[] {
    return [...this.#calls];
  }

  /** @param asks whether it asks for an answer */
  noteSent(asks: boolean): void {
    this.#sent += 1;
    if (asks) this.#asking.push(this.#sent);
  }

  noteResponse(ids: readonly string[]): void {
    for (const id of ids) this.#calls.delete(id);
  }

  noteReceived({ serverContent, toolCall, toolCallCancellation }: Omit<SensibleMessage, 'isSetupComplete'>): void {
    for (const { id } of toolCall?.functionCalls ?? []) if (id !== undefined) this.#calls.add(id);
    for (const id of toolCallCancellation?.ids ?? []) this.#calls.delete(id);
    if (toolCall !== undefined || serverContent?.modelTurn !== undefined) this.#speakingSince ??= this.#sent;
    if (serverContent?.turnComplete) this.#end();
  }

  /** A session that goes on over a new connection owes no answer. */
  restart(): void {
    this.#asking = [];
    this.#speakingSince = undefined;
    this.#calls.clear();
  }

  /** A turn that nobody asked for by a message was caused by what was heard before it began. */
  #end(): void {
    const asked = this.#asking.shift() ?? this.#speakingSince ?? 0;
    this.#answered = Math.max(this.#answered, asked);
    this.#speakingSince = undefined;
  }
}
