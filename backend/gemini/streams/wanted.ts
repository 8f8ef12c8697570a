/** A promise that somebody has asked for. */
export interface Wanted<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** A promise whose rejection nobody has to handle: whoever reads the pieces is told of the error there. */
export function wanted<T>(): Wanted<T> {
  const made = Promise.withResolvers<T>();
  made.promise.catch(() => undefined);
  return made;
}
