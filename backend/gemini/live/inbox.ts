/** Messages between who receives them and the one loop that reads them, in order. */
export class Inbox<T> {
  #waiting: T[] = [];
  #reader: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined;
  #end: { readonly error?: unknown } | undefined;

  add(message: T): void {
    if (this.#end !== undefined) return;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#waiting.push(message);
    else reader.resolve({ done: false, value: message });
  }

  /** No more will come. What has come is still read, and then the loop ends, or throws the error. */
  end(end: { readonly error?: unknown } = {}): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    if ('error' in end) reader.reject(end.error);
    else reader.resolve({ done: true, value: undefined });
  }

  /** Forgets what has not been read. */
  clear(): void {
    this.#waiting = [];
  }

  /** The next message, when it comes. One reader at a time. @throws what the session ended with */
  async next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return { done: false, value };
    if (this.#end !== undefined) {
      const { error, ...rest } = this.#end;
      // Told once: who reads on has reached the end.
      this.#end = rest;
      if (error !== undefined) throw error;
      return { done: true, value: undefined };
    }
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }
}
