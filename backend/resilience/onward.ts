import type { Outcome } from './failure.ts';
import type { Exchange, Send } from './policy.ts';

/**
 * Steps that pass every outcome on by `passOn`: one around them need not wait for their promise itself, which would cost each call
 * another.
 */
export const passesOn = new WeakSet<Send>();

/** Tells an outcome to who asked for it (`Exchange.onward`), and gives what has become of it there. */
export function passOn<T>(exchange: Exchange<T>, outcome: Outcome<T>): Outcome<T> | Promise<Outcome<T>> {
  const { onward } = exchange;
  if (onward === undefined) return outcome;
  exchange.onward = undefined;
  return onward(exchange, outcome);
}
